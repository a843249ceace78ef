package efo

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kin/internal/validate"
)

const ordersARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"

var notKinesis = map[string]reply{
	"200 HTML": html(200), "400 HTML": html(400), "404 HTML": html(404), "405 HTML": html(405), "500 HTML": html(500), "501 HTML": html(501),
	"404 text": {404, "text/plain", "404 page not found\n"}, "404 empty": {404, "", ""}, "405 empty": {405, "", ""}, "404 JSON": {404, "application/json", `{"message":"not found"}`},
}

// Whatever is not Kinesis and answers a call about consumers first ends a run and a
// command at once, with one call.
func TestFault11AFirstAnswerThatIsNotOfKinesisEndsIt(t *testing.T) {
	for _, call := range []string{"DescribeStreamConsumer", "RegisterStreamConsumer"} {
		for name, answer := range notKinesis {
			t.Run(call+" "+name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					l := newLive(t, 1).without(0, map[string]reply{call: answer})
					began := time.Now()
					err := l.run().do(t.Context())
					var none *NoConsumersError
					if !errors.As(err, &none) || err.Error() != "this endpoint has no stream consumers: read without --efo" || none.Call != call {
						t.Errorf("read: got %v", err)
					}
					r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN})
					l.must(err)
					_, err = r.Register(t.Context(), "a")
					if !errors.As(err, &none) || err.Error() != "this endpoint has no stream consumers" || strings.Contains(none.Hint(), "GetRecords") {
						t.Errorf("register: got %v", err)
					}
					if d := time.Since(began); d > time.Second {
						t.Errorf("it took %s: something was retried", d)
					}
				})
			})
		}
	}
}

func TestFault11EveryConsumersCommandKnowsAnAnswerThatIsNotOfKinesis(t *testing.T) {
	for name, answer := range notKinesis {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := newLive(t, 1).without(0, map[string]reply{"DescribeStreamConsumer": answer, "ListStreamConsumers": answer})
				r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN})
				l.must(err)
				_, listErr := r.List(t.Context())
				_, describeErr := r.Describe(t.Context(), "a")
				_, awaitErr := r.AwaitActive(t.Context(), "a")
				_, deregisterErr := r.Deregister(t.Context(), "a")
				for call, err := range map[string]error{"list": listErr, "describe": describeErr, "await": awaitErr, "deregister": deregisterErr} {
					var none *NoConsumersError
					if !errors.As(err, &none) {
						t.Errorf("%s: got %v", call, err)
					}
				}
			})
		})
	}
}

// A page of a proxy passes: a consumer that was described is removed all the same.
func TestFault11APageOfAProxyDoesNotKeepAConsumerRegistered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLive(t, 1)
		r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN})
		l.must(err)
		_, err = r.Register(t.Context(), "a")
		l.must(err)
		l.without(0, map[string]reply{"DeregisterStreamConsumer": html(404)})
		var said []string
		r, err = NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN, Timeout: 20 * time.Second, Info: func(m string) { said = append(said, m) }})
		l.must(err)
		_, err = r.Deregister(t.Context(), "a")
		var late *TimeoutError
		if !errors.As(err, &late) || !strings.Contains(fmt.Sprint(said), "still trying: DeregisterStreamConsumer for consumer a of stream orders: ") {
			t.Errorf("got %v, said %q", err, said)
		}
	})
}

// An answer without what it is about is asked for again. That is reported, and the
// error at the end names the call and what is wrong with its answer.
func TestFault11AnAnswerWithoutAConsumerIsRetriedReportedAndNamed(t *testing.T) {
	for _, call := range []string{"DescribeStreamConsumer", "RegisterStreamConsumer", "ListStreamConsumers"} {
		for _, body := range []string{"{}", ""} {
			t.Run(call+" "+body, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					l := newLive(t, 1).without(0, map[string]reply{call: {200, "application/x-amz-json-1.1", body}})
					var said []string
					r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN, Timeout: 20 * time.Second, Info: func(m string) { said = append(said, m) }})
					l.must(err)
					if call == "ListStreamConsumers" {
						_, err = r.List(t.Context())
					} else {
						_, err = r.Register(t.Context(), "a")
						var late *TimeoutError
						if !errors.As(err, &late) || strings.Contains(late.Hint(), "waits longer") || !strings.Contains(late.Hint(), "--endpoint") {
							t.Errorf("got %v, with another hint", err)
						}
					}
					var wrong *validate.Error
					if !errors.As(err, &wrong) || !strings.Contains(err.Error(), call) || !strings.Contains(err.Error(), "the answer cannot be right: it has no ") {
						t.Errorf("got %v", err)
					}
					if n := strings.Count(fmt.Sprint(said), "still trying: "+call+" for "); n != 1 {
						t.Errorf("said %q", said)
					}
				})
			})
		}
	}
}

// A run reports it as well, and so it does what passes.
func TestFault11ARunReportsAnswersAboutConsumersThatItRetries(t *testing.T) {
	for name, answer := range map[string]reply{"empty": {200, "application/x-amz-json-1.1", "{}"}, "503 HTML": html(503)} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := newLive(t, 2).without(0, map[string]reply{"DescribeStreamConsumer": answer})
				r := l.run()
				r.o.RegisterTimeout = 40 * time.Second
				err := r.do(t.Context())
				var late *TimeoutError
				if !errors.As(err, &late) || late.State != "" || !strings.Contains(err.Error(), "gave up after 40s: DescribeStreamConsumer: ") ||
					strings.Contains(late.Hint(), "waits longer") {
					t.Errorf("got %v", err)
				}
				if n := r.saying("still trying: DescribeStreamConsumer for consumer "); n != 1 {
					t.Errorf("said %q", r.said)
				}
			})
		})
	}
}

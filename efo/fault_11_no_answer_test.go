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

// If the first answer about consumers does not come from Kinesis, a run and a command end at once,
// after one call.
func TestFault11ForeignFirstAnswerEndsTheRun(t *testing.T) {
	for _, call := range []string{"DescribeStreamConsumer", "RegisterStreamConsumer"} {
		for name, answer := range notKinesis {
			t.Run(call+" "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					l := newLive(t, 1).replaceAnswers(0, map[string]reply{call: answer})
					began := time.Now()
					err := l.run().do(t.Context())
					var none *NoConsumersError
					if !errors.As(err, &none) || err.Error() != "this endpoint does not support stream consumers: read without --efo" || none.Call != call {
						t.Errorf("read: got %v", err)
					}
					r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN})
					l.must(err)
					_, err = r.Register(t.Context(), "a")
					if !errors.As(err, &none) || err.Error() != "this endpoint does not support stream consumers" || strings.Contains(none.Hint(), "GetRecords") {
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

func TestFault11ForeignAnswerEndsEveryConsumersCommand(t *testing.T) {
	for name, answer := range notKinesis {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLive(t, 1).replaceAnswers(0, map[string]reply{"DescribeStreamConsumer": answer, "ListStreamConsumers": answer})
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

// The page of a proxy is temporary. A consumer that was described is still removed.
func TestFault11ConsumerIsRemovedDespiteAProxyPage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLive(t, 1)
		r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN})
		l.must(err)
		_, err = r.Register(t.Context(), "a")
		l.must(err)
		l.replaceAnswers(0, map[string]reply{"DeregisterStreamConsumer": html(404)})
		var messages []string
		r, err = NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN, Timeout: 20 * time.Second, Info: func(m string) { messages = append(messages, m) }})
		l.must(err)
		_, err = r.Deregister(t.Context(), "a")
		var timeout *TimeoutError
		if !errors.As(err, &timeout) || !strings.Contains(fmt.Sprint(messages), "still trying: DeregisterStreamConsumer for consumer a of stream orders: ") {
			t.Errorf("got %v, messages %q", err, messages)
		}
	})
}

// An answer without a consumer is retried and reported. The final error names the call and the
// problem of its answer.
func TestFault11AnswerWithoutAConsumerIsRetriedAndReported(t *testing.T) {
	for _, call := range []string{"DescribeStreamConsumer", "RegisterStreamConsumer", "ListStreamConsumers"} {
		for _, body := range []string{"{}", ""} {
			t.Run(call+" "+body, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					l := newLive(t, 1).replaceAnswers(0, map[string]reply{call: {200, "application/x-amz-json-1.1", body}})
					var messages []string
					r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN, Timeout: 20 * time.Second, Info: func(m string) { messages = append(messages, m) }})
					l.must(err)
					if call == "ListStreamConsumers" {
						_, err = r.List(t.Context())
					} else {
						_, err = r.Register(t.Context(), "a")
						var timeout *TimeoutError
						if !errors.As(err, &timeout) || strings.Contains(timeout.Hint(), "wait longer") || !strings.Contains(timeout.Hint(), "--endpoint") {
							t.Errorf("got %v, with another hint", err)
						}
					}
					var wrong *validate.Error
					if !errors.As(err, &wrong) || !strings.Contains(err.Error(), call) || !strings.Contains(err.Error(), "the answer cannot be right: it has no ") {
						t.Errorf("got %v", err)
					}
					if n := strings.Count(fmt.Sprint(messages), "still trying: "+call+" for "); n != 1 {
						t.Errorf("messages %q", messages)
					}
				})
			})
		}
	}
}

// A run reports such answers too, and also temporary errors.
func TestFault11RunReportsRetriedAnswersAboutConsumers(t *testing.T) {
	for name, answer := range map[string]reply{"empty": {200, "application/x-amz-json-1.1", "{}"}, "503 HTML": html(503)} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLive(t, 2).replaceAnswers(0, map[string]reply{"DescribeStreamConsumer": answer})
				r := l.run()
				r.o.RegisterTimeout = 40 * time.Second
				err := r.do(t.Context())
				var timeout *TimeoutError
				if !errors.As(err, &timeout) || timeout.State != "" || !strings.Contains(err.Error(), "gave up after 40s: DescribeStreamConsumer: ") ||
					strings.Contains(timeout.Hint(), "wait longer") {
					t.Errorf("got %v", err)
				}
				if n := r.countMessages("still trying: DescribeStreamConsumer for consumer "); n != 1 {
					t.Errorf("messages %q", r.messages)
				}
			})
		})
	}
}

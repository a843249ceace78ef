package efo

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"kin/internal/kinesistest"
	"kin/internal/service"
)

// incompleteEndpoint replaces the answers of some calls of the embedded endpoint.
type incompleteEndpoint struct {
	next   http.RoundTripper
	answer map[string]reply
	after  int64 // calls that the embedded endpoint answers first
	calls  *atomic.Int64
}

type reply struct {
	status      int
	contentType string
	body        string
}

func (l incompleteEndpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	answer, ok := l.answer[op]
	if !ok || l.calls.Add(1) <= l.after {
		return l.next.RoundTrip(r)
	}
	_ = r.Body.Close()
	return &http.Response{StatusCode: answer.status, Status: http.StatusText(answer.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {answer.contentType}}, Body: io.NopCloser(strings.NewReader(answer.body)), Request: r}, nil
}

// replaceAnswers replaces the answers of some calls.
func (l *liveEndpoint) replaceAnswers(after int64, answer map[string]reply) *liveEndpoint {
	l.API = kinesistest.Client(&http.Client{Transport: incompleteEndpoint{l.endpoint, answer, after, &atomic.Int64{}}})
	return l
}

const page = "<!doctype html>\n<html lang=en><title>Not Found</title>\n<h1>Not Found</h1>\n"

var (
	unknown = reply{400, "application/x-amz-json-1.1", `{"__type":"UnknownOperationException"}`}
	html    = func(status int) reply { return reply{status, "text/html; charset=utf-8", page} }
)

func TestFault11EndpointWithoutConsumersEndsTheRun(t *testing.T) {
	for name, test := range map[string]struct {
		lacks map[string]reply
		hint  string
	}{
		// kinesalite has none of these calls. moto has all except SubscribeToShard.
		"no call": {map[string]reply{"DescribeStreamConsumer": unknown, "RegisterStreamConsumer": unknown, "DeregisterStreamConsumer": unknown,
			"ListStreamConsumers": unknown, "SubscribeToShard": unknown}, "DescribeStreamConsumer with UnknownOperationException"},
		"no registration":        {map[string]reply{"RegisterStreamConsumer": unknown}, "RegisterStreamConsumer with UnknownOperationException"},
		"no subscription":        {map[string]reply{"SubscribeToShard": unknown}, "SubscribeToShard with UnknownOperationException"},
		"404 HTML":               {map[string]reply{"SubscribeToShard": html(404)}, "SubscribeToShard with a page of HTML"},
		"405 HTML":               {map[string]reply{"SubscribeToShard": html(405)}, "SubscribeToShard with a page of HTML"},
		"500 HTML":               {map[string]reply{"SubscribeToShard": html(500)}, "SubscribeToShard with a page of HTML"},
		"501 HTML":               {map[string]reply{"SubscribeToShard": html(501)}, "SubscribeToShard with a page of HTML"},
		"200 HTML":               {map[string]reply{"SubscribeToShard": html(200)}, "SubscribeToShard with a page of HTML"},
		"404 text":               {map[string]reply{"SubscribeToShard": {404, "text/plain", "404 page not found\n"}}, "SubscribeToShard with HTTP status 404"},
		"501 with an error code": {map[string]reply{"SubscribeToShard": {501, "application/x-amz-json-1.1", `{"__type":"InternalFailure","message":"not yet implemented"}`}}, "SubscribeToShard with InternalFailure: not yet implemented"},
		"501 of a registration":  {map[string]reply{"RegisterStreamConsumer": {501, "application/x-amz-json-1.1", `{"__type":"InternalFailure","message":"not yet implemented"}`}}, "RegisterStreamConsumer with InternalFailure: not yet implemented"},
		"no description":         {map[string]reply{"DescribeStreamConsumer": unknown}, "DescribeStreamConsumer with UnknownOperationException"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, consumer := range []string{"", "mine"} {
				inBubble(t, func(t *testing.T) {
					l := newLive(t, 3).replaceAnswers(0, test.lacks)
					l.fill(5)
					r := l.run()
					r.o.Name = consumer
					err := r.do(t.Context())
					var none *NoConsumersError
					if !errors.As(err, &none) || err.Error() != "this endpoint does not support stream consumers: read without --efo" {
						t.Fatalf("got %v", err)
					}
					if want := "it answered " + test.hint + "; kin read STREAM reads with GetRecords"; none.Hint() != want {
						t.Errorf("the hint is %q, want %q", none.Hint(), want)
					}
					// The consumer that the run registered is removed, even if it has a name.
					if left := consumersOf(t, l); left != 0 {
						t.Errorf("%d consumers remain", left)
					}
				})
			}
		})
	}
}

func consumersOf(t *testing.T, l *liveEndpoint) int {
	t.Helper()
	client := kinesistest.Client(&http.Client{Transport: l.endpoint})
	out, err := client.ListStreamConsumers(t.Context(), &service.ListStreamConsumersInput{StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/orders"})
	l.must(err)
	n := 0
	for _, c := range out.Consumers {
		if c.ConsumerStatus != "DELETING" {
			n++
		}
	}
	return n
}

// Temporary answers are retried: those of a load balancer or proxy, and every HTML page after the
// endpoint has answered the call.
func TestFault11TemporaryAnswersAreRetried(t *testing.T) {
	for name, test := range map[string]struct {
		after int64
		reply reply
	}{
		"502 HTML at first":          {0, html(502)},
		"503 HTML at first":          {0, html(503)},
		"504 HTML at first":          {0, html(504)},
		"404 HTML later":             {1, html(404)},
		"500 HTML later":             {1, html(500)},
		"500 from the service":       {0, reply{500, "application/x-amz-json-1.1", `{"__type":"InternalFailure"}`}},
		"200 without an event frame": {0, reply{200, "application/x-amz-json-1.1", `{}`}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLive(t, 1, "SubscribeToShard=early").replaceAnswers(test.after, map[string]reply{"SubscribeToShard": test.reply})
				l.fill(5)
				r := l.run()
				r.doFor(t, 20*minute)
				if r.countMessages("no stream consumers") > 0 {
					t.Errorf("messages %q", r.messages)
				}
			})
		})
	}
}

const minute = 2 * longSubscription

func TestFault11ConsumersCommandsReportAnEndpointWithoutConsumers(t *testing.T) {
	lacks := map[string]reply{}
	for _, call := range []string{"DescribeStreamConsumer", "RegisterStreamConsumer", "DeregisterStreamConsumer", "ListStreamConsumers"} {
		lacks[call] = unknown
	}
	inBubble(t, func(t *testing.T) {
		l := newLive(t, 1).replaceAnswers(0, lacks)
		r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/orders"})
		l.must(err)
		_, listErr := r.List(t.Context())
		_, describeErr := r.Describe(t.Context(), "a")
		_, registerErr := r.Register(t.Context(), "a")
		_, awaitErr := r.AwaitActive(t.Context(), "a")
		_, deregisterErr := r.Deregister(t.Context(), "a")
		for call, err := range map[string]error{"list": listErr, "describe": describeErr, "register": registerErr, "await": awaitErr, "deregister": deregisterErr} {
			var none *NoConsumersError
			if !errors.As(err, &none) {
				t.Errorf("%s: got %v", call, err)
			}
		}
	})
}

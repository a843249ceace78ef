package efo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/service"
)

// removals answers DeregisterStreamConsumer instead of the endpoint, a given number of times.
type removals struct {
	http.RoundTripper
	body, media string
	left, calls int
}

func (r *removals) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.Header.Get("X-Amz-Target"), ".DeregisterStreamConsumer") {
		return r.RoundTripper.RoundTrip(req)
	}
	r.calls++
	if r.left == 0 {
		return r.RoundTripper.RoundTrip(req)
	}
	r.left--
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {r.media}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:   io.NopCloser(strings.NewReader(r.body)), ContentLength: int64(len(r.body))}, nil
}

const ordersOfLive = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"

// removing returns a registry of a live endpoint with the consumer app. r answers the removals of
// its client.
func removing(t *testing.T, r *removals) (*Registry, service.API, *[]string) {
	t.Helper()
	l := newLive(t, 1)
	r.RoundTripper = l.endpoint
	client := kinesistest.Client(&http.Client{Transport: r})
	messages := &[]string{}
	registry, err := NewRegistry(client, RegistryOptions{Stream: "orders", StreamARN: ordersOfLive, Info: func(s string) { *messages = append(*messages, s) }})
	l.must(err)
	_, err = registry.Register(t.Context(), "app")
	l.must(err)
	return registry, client, messages
}

const portal = "<html><body>Welcome to the network. Please log in.</body></html>"

// An answer that does not come from Kinesis is not a removal, whatever its status is.
func TestFault11ForeignAnswerIsNotARemoval(t *testing.T) {
	for name, r := range map[string]*removals{
		"HTML":                     {body: portal, media: "text/html; charset=utf-8"},
		"HTML with the type JSON":  {body: portal, media: "application/x-amz-json-1.1"},
		"text":                     {body: "OK", media: "text/plain"},
		"truncated JSON":           {body: `{"a":`, media: "application/x-amz-json-1.1"},
		"JSON without an object":   {body: `[]`, media: "application/x-amz-json-1.1"},
		"JSON followed by a page":  {body: "{}" + portal, media: "application/x-amz-json-1.1"},
		"a page after empty lines": {body: "\r\n\r\n" + portal, media: "text/html"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				skipToServiceTime()
				r.left = 2
				registry, client, _ := removing(t, r)
				removed, err := registry.Deregister(t.Context(), "app")
				if !removed || err != nil || r.calls != 3 {
					t.Errorf("got %t, %v after %d calls, want that the third removes it", removed, err, r.calls)
				}
				if _, err := registry.Describe(t.Context(), "app"); !isNotFound(err) {
					t.Errorf("it is there: %v", err)
				}
				err = client.DeregisterStreamConsumer(t.Context(), &service.DeregisterStreamConsumerInput{StreamARN: ordersOfLive, ConsumerName: "app"})
				if err == nil {
					t.Error("it is removed twice")
				}
			})
			synctest.Test(t, func(t *testing.T) {
				skipToServiceTime()
				r.left, r.calls = 1<<30, 0
				registry, _, messages := removing(t, r)
				removed, err := registry.Remove(t.Context(), "app")
				var timeout *TimeoutError
				if removed || !errors.As(err, &timeout) || !strings.HasSuffix(err.Error(), ": it is ACTIVE: DeregisterStreamConsumer: the answer did not come from Kinesis (HTTP status 200)") {
					t.Errorf("got %t, %v, want why it is there still", removed, err)
				}
				if r.calls < 3 || len(*messages) == 0 || !strings.Contains(strings.Join(*messages, "\n"), "the answer did not come from Kinesis") {
					t.Errorf("%d calls, messages %q", r.calls, *messages)
				}
			})
		})
	}
}

// The run reports that its consumer may still be registered.
func TestFault11RunReportsAConsumerThatAForeignAnswerDidNotRemove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		skipToServiceTime()
		l := newLive(t, 1)
		r := &removals{RoundTripper: l.endpoint, body: portal, media: "text/html", left: 1 << 30}
		client := kinesistest.Client(&http.Client{Transport: r})
		run := l.run()
		run.client = client
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := run.do(ctx)
		var left *LeftBehindError
		if !errors.As(err, &left) || !strings.Contains(left.Error(), "may still be registered, and billed") || !strings.Contains(left.Error(), "the answer did not come from Kinesis") {
			t.Errorf("got %v, want that the consumer may be there", err)
		}
		listed, err := client.ListStreamConsumers(t.Context(), &service.ListStreamConsumersInput{StreamARN: ordersOfLive})
		if err != nil || len(listed.Consumers) != 1 {
			t.Errorf("%d consumers, %v, want the one that was not removed", len(listed.Consumers), err)
		}
	})
}

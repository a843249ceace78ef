package efo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kin/internal/service"
)

// consumerWait is a wait for the state of a consumer.
type consumerWait struct {
	r        *Registry
	doing    string
	id       ID
	began    time.Time
	deadline time.Time
	state    string // as last described; empty before that
	lastErr  error  // the error of the last attempt
	backoff  service.Backoff
	accepted int // DeregisterStreamConsumer calls that succeeded
	notFound int // DeregisterStreamConsumer calls that did not find the consumer
	reported string
	log      *slog.Logger
}

func newConsumerWait(r *Registry, doing string, id ID) *consumerWait {
	now := time.Now()
	return &consumerWait{
		r: r, doing: doing, id: id, began: now, deadline: now.Add(r.o.Timeout),
		backoff: service.Backoff{First: firstDescribeWait, Most: maxDescribeWait},
		log:     r.o.Log.With("stream", r.o.Stream, "consumer", string(id)),
	}
}

// check describes the consumer. The result is nil if the consumer does not exist.
func (w *consumerWait) check(ctx context.Context) (*Consumer, error) {
	deadline := w.deadline
	if last := time.Now().Add(lastDescribeTimeout); last.After(deadline) {
		deadline = last
	}
	c, err := w.r.describe(ctx, w.id, deadline)
	switch {
	case isNotFound(err):
		w.state = notRegistered
		return nil, nil
	case err != nil:
		return nil, w.asTimeout(err)
	}
	w.r.calls.confirm(w.id)
	if w.state != string(c.Status) {
		w.state, w.lastErr = string(c.Status), nil
		w.log.Debug("consumer state changed", "state", w.state)
	}
	return &c, nil
}

// isOver reports whether the deadline has passed.
func (w *consumerWait) isOver() bool { return time.Until(w.deadline) <= 0 }

// asTimeout converts the error of a call whose retries ended at the deadline into a *TimeoutError.
// Other errors are returned unchanged.
func (w *consumerWait) asTimeout(err error) error {
	var spent interface{ GaveUp() bool }
	if !errors.As(err, &spent) {
		return err
	}
	return w.timeout(errors.Unwrap(err))
}

func (w *consumerWait) timeout(last error) error {
	return &TimeoutError{
		Doing: w.doing, Stream: w.r.o.Stream, Consumer: string(w.id), State: w.state, After: time.Since(w.began), Err: last, Commands: w.r.o.Commands,
		unconfirmed: w.r.calls.unconfirmed(w.id) != nil,
	}
}

// pause waits before the next check. A non-empty what is the reason; it is reported once.
func (w *consumerWait) pause(ctx context.Context, what string) error {
	if what != "" {
		w.report("it is " + w.state + ": " + what)
	}
	return w.wait(ctx, w.backoff.Next())
}

// wait waits for d, or until the deadline if that is earlier. After the deadline it returns a
// *TimeoutError.
func (w *consumerWait) wait(ctx context.Context, d time.Duration) error {
	left := time.Until(w.deadline)
	if w.isOver() {
		return w.timeout(w.lastErr)
	}
	w.log.Debug("waiting for consumer", "state", w.state, "wait", min(d, left))
	return service.Sleep(ctx, min(d, left))
}

// report reports the reason of the wait when it has changed.
func (w *consumerWait) report(text string) {
	if text != w.reported && time.Since(w.began) >= w.r.o.InfoAfter {
		w.reported = text
		w.r.o.Info(fmt.Sprintf("consumer %s of %s: %s", w.id.Name(), w.r.o.Stream, text))
	}
}

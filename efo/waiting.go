package efo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kin/internal/service"
)

// waiting is the wait for a consumer's state.
type waiting struct {
	r        *Registry
	doing    string
	id       ID
	began    time.Time
	deadline time.Time
	state    string // as it was last seen; empty before that
	last     error  // why the last attempt was refused
	looks    service.Backoff
	accepted int // DeregisterStreamConsumer calls that succeeded
	missing  int // DeregisterStreamConsumer calls that did not find the consumer
	reported string
	log      *slog.Logger
}

func newWaiting(r *Registry, doing string, id ID) *waiting {
	now := time.Now()
	return &waiting{
		r: r, doing: doing, id: id, began: now, deadline: now.Add(r.o.Timeout),
		looks: service.Backoff{First: firstLook, Most: mostLook},
		log:   r.o.Log.With("stream", r.o.Stream, "consumer", string(id)),
	}
}

// look describes the consumer. It is nil when it is not there.
func (w *waiting) look(ctx context.Context) (*Consumer, error) {
	deadline := w.deadline
	if last := time.Now().Add(lastLook); last.After(deadline) {
		deadline = last
	}
	c, err := w.r.describe(ctx, w.id, deadline)
	switch {
	case isNotFound(err):
		w.state = notRegistered
		return nil, nil
	case err != nil:
		return nil, w.overtime(err)
	}
	w.r.calls.settle(w.id)
	if w.state != string(c.Status) {
		w.state, w.last = string(c.Status), nil
		w.log.Debug("consumer", "state", w.state)
	}
	return &c, nil
}

// over says that there is no time for another attempt.
func (w *waiting) over() bool { return time.Until(w.deadline) <= 0 }

// overtime makes the end of a call's retries, which is the deadline, the end of
// this wait.
func (w *waiting) overtime(err error) error {
	var spent interface{ GaveUp() bool }
	if !errors.As(err, &spent) {
		return err
	}
	return w.timeout(errors.Unwrap(err))
}

func (w *waiting) timeout(last error) error {
	return &TimeoutError{
		Doing: w.doing, Stream: w.r.o.Stream, Consumer: string(w.id), State: w.state, After: time.Since(w.began), Err: last, Commands: w.r.o.Commands,
		unsettled: w.r.calls.unsettled(w.id) != nil,
	}
}

// pause waits before the next look, and says, once, what for.
func (w *waiting) pause(ctx context.Context, what string) error {
	if what != "" {
		w.report("it is " + w.state + ": " + what)
	}
	return w.wait(ctx, w.looks.Next())
}

// wait waits for d, and at the deadline ends it. The last look is at the
// deadline itself.
func (w *waiting) wait(ctx context.Context, d time.Duration) error {
	left := time.Until(w.deadline)
	if w.over() {
		return w.timeout(w.last)
	}
	w.log.Debug("waiting for consumer", "state", w.state, "wait", min(d, left))
	return service.Sleep(ctx, min(d, left))
}

// report reports what is being waited for, when that has changed.
func (w *waiting) report(text string) {
	if text != w.reported && time.Since(w.began) >= w.r.o.InfoAfter {
		w.reported = text
		w.r.o.Info(fmt.Sprintf("consumer %s of %s: %s", w.id.Name(), w.r.o.Stream, text))
	}
}

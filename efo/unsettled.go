package efo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/xhit/go-str2duration/v2"

	"kin/internal/service"
)

// appearance is how long after a RegisterStreamConsumer whose answer was lost the
// consumer is looked for before it is removed: the service may still be at work.
const appearance = 10 * time.Second

// registerCall is one RegisterStreamConsumer.
type registerCall struct {
	before *registerCall // an earlier call that may have registered the consumer; nil if none
	over   chan struct{} // closed when the call has ended; the following is set then
	out    *service.RegisterStreamConsumerOutput
	err    error
	ended  time.Time
}

// registerCalls are the calls of a registry that may have registered a consumer which
// no look has shown since, by ID. It is for several goroutines.
type registerCalls struct{ byID sync.Map }

// register begins a RegisterStreamConsumer. The end of ctx does not end the call:
// the service registers the consumer all the same, and only the answer shows that. Until
// a look shows the consumer the call counts as unsettled.
func (r *Registry) register(ctx context.Context, id ID, deadline time.Time) *registerCall {
	c := &registerCall{before: r.calls.unsettled(id), over: make(chan struct{})}
	r.calls.byID.Store(id, c)
	go func() {
		defer close(c.over)
		c.out, c.err = service.AttemptUntil(context.WithoutCancel(ctx), deadline, func(ctx context.Context) (*service.RegisterStreamConsumerOutput, error) {
			return r.client.RegisterStreamConsumer(ctx, &service.RegisterStreamConsumerInput{
				StreamARN: r.o.StreamARN, ConsumerName: string(id),
			})
		})
		if c.err == nil {
			c.err = checkRegistration(id, c.out.Consumer)
		}
		c.ended = time.Now()
	}()
	return c
}

// unsettled returns the last call of this registry that may have registered a
// consumer which no look has shown since; nil if there is none.
func (r *registerCalls) unsettled(id ID) *registerCall {
	c, _ := r.byID.Load(id)
	call, _ := c.(*registerCall)
	for call != nil && call.hasEnded() && registeredNothing(call.err) {
		call = call.before
	}
	return call
}

// hasEnded reports whether the call has ended, and its err is set.
func (c *registerCall) hasEnded() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// settle notes that a consumer was seen.
func (r *registerCalls) settle(id ID) { r.byID.Delete(id) }

// find looks for a consumer that is to be removed. It is nil when it is not there.
// If a call may have registered it, find waits for the end of that call, and then
// looks for appearance before it returns an *UnseenError. Of calls that were refused
// it looks once.
func (r *Registry) find(ctx context.Context, w *waiting) (*Consumer, error) {
	call := r.calls.unsettled(w.id)
	for call != nil {
		select {
		case <-call.over:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if !registeredNothing(call.err) && !isRefusal(call.err) {
			break
		}
		call = call.before
	}
	for {
		c, err := w.look(ctx)
		if err != nil || c != nil || call == nil {
			return c, err
		}
		left := appearance - time.Since(call.ended)
		if left <= 0 {
			return nil, &UnseenError{call.err}
		}
		w.report(fmt.Sprintf("it may still be registered: checking for %s, to remove it", str2duration.String(appearance)))
		if err := w.wait(ctx, min(left, w.looks.Next())); err != nil {
			return nil, err
		}
	}
}

// registeredNothing reports whether a RegisterStreamConsumer that failed is certain
// to have registered no consumer: it never reached the service, or the service
// refused who called, or how often.
func registeredNothing(err error) bool {
	var none *NoConsumersError
	switch {
	case err == nil:
		return false
	case errors.As(err, &none):
		return isUnknownCall(none.err)
	}
	switch service.ClassOf(err) {
	case service.Unsendable, service.Unsent, service.InUse, service.Missing, service.Denied, service.Unauthentic:
		return true
	case service.Throttled:
		return service.Code(err) == service.CodeLimit // which this call has; others may come from within
	case service.Transient, service.Expired, service.Refused, service.Key, service.Unsupported, service.Unanswered, service.Unknown:
	}
	return false
}

// isRefusal reports whether a RegisterStreamConsumer was answered, and refused, as far
// as the answer can be trusted: one look shows it. Any other failure is a lost answer.
func isRefusal(err error) bool {
	if err == nil {
		return false
	}
	switch classify(err) {
	case fatal, refused:
		return true
	case again, limited, inUse, notFound, stale:
	}
	return false
}

// UnseenError means that a consumer may have been registered, and was not seen.
type UnseenError struct {
	Err error // of the RegisterStreamConsumer; nil when it succeeded
}

func (e *UnseenError) Error() string {
	text := "RegisterStreamConsumer succeeded"
	if e.Err != nil {
		text = "RegisterStreamConsumer: " + service.Brief(e.Err)
	}
	return fmt.Sprintf("%s; %s later the consumer was still not there", text, str2duration.String(appearance))
}

func (e *UnseenError) Unwrap() error { return e.Err }

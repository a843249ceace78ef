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

// appearTimeout is how long kin looks for a consumer after the answer to RegisterStreamConsumer was
// lost, before it removes the consumer. The service may still be creating it.
const appearTimeout = 10 * time.Second

// registerCall is one RegisterStreamConsumer call.
type registerCall struct {
	previous *registerCall // an earlier call that may have registered the consumer; nil if none
	done     chan struct{} // closed when the call has ended and the following fields are set
	out      *service.RegisterStreamConsumerOutput
	err      error
	ended    time.Time
}

// registerCalls holds the unconfirmed calls of a registry, by ID. A call is unconfirmed if it may
// have registered a consumer that no later check has found. It is safe for concurrent use.
type registerCalls struct{ byID sync.Map }

// register starts a RegisterStreamConsumer call. The end of ctx does not end the call: the service
// would register the consumer anyway, and only the answer shows that. The call is unconfirmed until
// a check finds the consumer.
func (r *Registry) register(ctx context.Context, id ID, deadline time.Time) *registerCall {
	c := &registerCall{previous: r.calls.unconfirmed(id), done: make(chan struct{})}
	r.calls.byID.Store(id, c)
	go func() {
		defer close(c.done)
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

// unconfirmed returns the last unconfirmed call for id; nil if there is none.
func (r *registerCalls) unconfirmed(id ID) *registerCall {
	c, _ := r.byID.Load(id)
	call, _ := c.(*registerCall)
	for call != nil && call.hasEnded() && registeredNothing(call.err) {
		call = call.previous
	}
	return call
}

// hasEnded reports whether the call has ended and err is set.
func (c *registerCall) hasEnded() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// confirm notes that a check has found the consumer.
func (r *registerCalls) confirm(id ID) { r.byID.Delete(id) }

// findForRemoval returns the consumer to remove; nil if it does not exist. If a call may have
// registered it, findForRemoval waits for the end of the call. It then looks for the consumer for
// appearTimeout, and returns an *UnseenError if there is none. If the calls were refused, it looks
// once.
func (r *Registry) findForRemoval(ctx context.Context, w *consumerWait) (*Consumer, error) {
	call := r.calls.unconfirmed(w.id)
	for call != nil {
		select {
		case <-call.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if !registeredNothing(call.err) && !isRefusal(call.err) {
			break
		}
		call = call.previous
	}
	for {
		c, err := w.check(ctx)
		if err != nil || c != nil || call == nil {
			return c, err
		}
		left := appearTimeout - time.Since(call.ended)
		if left <= 0 {
			return nil, &UnseenError{call.err}
		}
		w.report(fmt.Sprintf("it may still be registered: checking for %s, to remove it", str2duration.String(appearTimeout)))
		if err := w.wait(ctx, min(left, w.backoff.Next())); err != nil {
			return nil, err
		}
	}
}

// registeredNothing reports whether a failed RegisterStreamConsumer has certainly registered no
// consumer. Either the call never reached the service, or the service refused the caller or the
// rate.
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
		return service.Code(err) == service.CodeLimit // the limit of this call; other codes may come from inside the service
	case service.Transient, service.Expired, service.Refused, service.Key, service.Unsupported, service.Unanswered, service.Unknown:
	}
	return false
}

// isRefusal reports whether the service refused a RegisterStreamConsumer. One check then confirms
// it. Any other failure counts as a lost answer.
func isRefusal(err error) bool {
	if err == nil {
		return false
	}
	switch classify(err) {
	case fatal, badPosition:
		return true
	case retry, limited, inUse, notFound, relist:
	}
	return false
}

// UnseenError means that a consumer may have been registered, but no check found it.
type UnseenError struct {
	Err error // the error of RegisterStreamConsumer; nil if it succeeded
}

func (e *UnseenError) Error() string {
	text := "RegisterStreamConsumer succeeded"
	if e.Err != nil {
		text = "RegisterStreamConsumer: " + service.Brief(e.Err)
	}
	return fmt.Sprintf("%s; %s later the consumer was still not there", text, str2duration.String(appearTimeout))
}

func (e *UnseenError) Unwrap() error { return e.Err }

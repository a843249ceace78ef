package efo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// Registration is the result of Register.
type Registration struct {
	Consumer Consumer
	// Registered means that this call of Register sent RegisterStreamConsumer, and that the service
	// did not refuse it. With an error, the consumer may exist, and is then billed.
	Registered bool
}

// notRegistered is the state of a consumer that does not exist.
const notRegistered = "not registered"

// Limits of a stream (API documentation of RegisterStreamConsumer): 20 consumers, or 50 in the
// On-demand Advantage mode of the account. Up to 5 of them may be CREATING.
const (
	minConsumerLimit = 20
	maxConsumerLimit = 50
	maxCreating      = 5
	// An exceeded rate and a full stream have the same error code. kin assumes a full stream after
	// this many refusals in a row.
	refusalsWhenFull = 3
)

// Register returns an ACTIVE consumer: an existing one or a new one. It waits for a consumer that
// is CREATING. It waits until a consumer that is DELETING is gone, and registers it again.
//
// Errors are *record.OptionError for an invalid name, *LimitError if the stream is full,
// *TimeoutError after RegistryOptions.Timeout, *service.CallError, and the cause of ctx. The result
// has what is known of the consumer, even with an error.
func (r *Registry) Register(ctx context.Context, name string) (Registration, error) {
	if err := CheckName(name); err != nil {
		return Registration{}, err
	}
	g := registration{
		Registry: r, consumerWait: newConsumerWait(r, "register", ID(name)),
		limitWait: service.Backoff{First: limitBackoff, Most: maxBackoff},
	}
	for {
		done, err := g.step(ctx)
		if done || err != nil {
			return g.result, err
		}
	}
}

// AwaitActive waits until an existing consumer is ACTIVE, and returns it. Errors are
// *NotFoundError, *record.OptionError, *TimeoutError, *service.CallError, and the cause of ctx. If
// the time expires or ctx ends between two checks, the result is the consumer as last described.
// With every other error it is empty.
func (r *Registry) AwaitActive(ctx context.Context, id ID) (Consumer, error) {
	if err := CheckID(id, r.o.StreamARN); err != nil {
		return Consumer{}, err
	}
	w := newConsumerWait(r, "wait for", id)
	for {
		c, err := w.check(ctx)
		switch {
		case err != nil:
			return Consumer{}, err
		case c == nil:
			return Consumer{}, &NotFoundError{r.o.Stream, string(id), r.o.Commands}
		case c.Status == types.ConsumerStatusActive:
			return *c, nil
		}
		if err := w.pause(ctx, "waiting until it is ACTIVE"); err != nil {
			return *c, err
		}
	}
}

// registration is the state of one Register call.
type registration struct {
	*Registry
	*consumerWait
	result    Registration
	limitWait service.Backoff // after LimitExceededException
	refusals  int             // in a row, while the stream looks full
}

// step describes the consumer once and acts on its state.
func (g *registration) step(ctx context.Context) (done bool, err error) {
	c, err := g.check(ctx)
	switch {
	case err != nil:
		return false, err
	case c == nil:
		return false, g.request(ctx)
	}
	g.result.Consumer = *c
	switch c.Status {
	case types.ConsumerStatusActive:
		return true, nil
	case types.ConsumerStatusDeleting:
		g.result.Registered = false // it belongs to someone else and is being deleted
		return false, g.pause(ctx, "waiting until it is gone, to register it again")
	default:
		return false, g.pause(ctx, "waiting until it is ACTIVE")
	}
}

// request makes one RegisterStreamConsumer call. If it returns nil, the next step checks the
// consumer, even if the call failed: a lost answer may have been a success.
func (g *registration) request(ctx context.Context) error {
	if g.isOver() {
		return g.timeout(g.lastErr)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	call := g.register(ctx, g.id, g.deadline)
	ended := g.watchForAnswer("RegisterStreamConsumer", g.id)
	select {
	case <-call.done:
		ended()
	case <-ctx.Done():
		ended()
		g.result.Registered = true // the call has not ended
		return context.Cause(ctx)
	}
	if call.err == nil {
		g.noteAttempt("RegisterStreamConsumer", g.id, nil)
		g.result.Registered = true
		g.result.Consumer = fromList(*call.out.Consumer, g.o.StreamARN)
		g.refusals = 0
		g.limitWait.Reset()
		g.state, g.lastErr = string(types.ConsumerStatusCreating), nil
		return g.pause(ctx, "")
	}
	err := g.callError("RegisterStreamConsumer", g.id, call.err)
	g.noteAttempt("RegisterStreamConsumer", g.id, err)
	g.lastErr = err
	nothing := registeredNothing(err)
	if ctx.Err() != nil {
		g.result.Registered = g.result.Registered || !nothing
		return context.Cause(ctx)
	}
	switch classify(err) {
	case limited:
		return g.waitForCapacity(ctx)
	case inUse:
		// Another process registered it first, or the stream is being created or deleted.
		return g.pause(ctx, "")
	case retry:
		g.result.Registered = g.result.Registered || !nothing
		return g.pause(ctx, "")
	case fatal, notFound, badPosition, relist:
	}
	if nothing {
		return err
	}
	return g.checkRegistered(ctx, err)
}

// checkRegistered returns the error of a refused call, unless the consumer exists nevertheless.
func (g *registration) checkRegistered(ctx context.Context, err error) error {
	was := g.result.Registered
	g.result.Registered = true // until a check shows that it does not exist
	c, checkErr := g.check(ctx)
	switch {
	case checkErr != nil:
		return err
	case c == nil:
		g.result.Registered = was
		return err
	}
	return nil // the next step continues with the consumer
}

// waitForCapacity finds out which limit was reached. A full stream is an error; the other limits
// are temporary.
func (g *registration) waitForCapacity(ctx context.Context) error {
	l, err := g.list(ctx, g.deadline, false)
	if err != nil {
		return g.asTimeout(err)
	}
	creating, deleting := 0, 0
	for _, c := range l.Consumers {
		switch c.Status {
		case types.ConsumerStatusCreating:
			creating++
		case types.ConsumerStatusDeleting:
			deleting++
		}
	}
	staying, next := len(l.Consumers)-deleting, g.limitWait.Next()
	looksFull := staying >= minConsumerLimit && creating < maxCreating
	if looksFull {
		g.refusals++
	} else {
		g.refusals = 0
	}
	if staying >= maxConsumerLimit || g.refusals >= refusalsWhenFull || looksFull && next >= time.Until(g.deadline) {
		return &LimitError{Stream: g.o.Stream, Consumer: string(g.id), Registered: l.Consumers, Commands: g.o.Commands}
	}
	switch {
	case creating >= maxCreating:
		g.report(fmt.Sprintf("%d consumers are CREATING, the most that the service allows at once: waiting for them", creating))
	case len(l.Consumers) >= minConsumerLimit && deleting > 0:
		g.report("the stream has no room for another consumer: waiting for one that is DELETING")
	}
	return g.wait(ctx, next)
}

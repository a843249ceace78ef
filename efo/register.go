package efo

import (
	"context"
	"fmt"
	"time"

	"kin/internal/service"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Registration is what Register has come to.
type Registration struct {
	Consumer Consumer
	// Registered says that this Register asked for the consumer to be made: it
	// was not there before. After an error the consumer may be there all the
	// same, and is then billed.
	Registered bool
}

// notRegistered is the state of a consumer that is not there.
const notRegistered = "not registered"

// What the service lets a stream have (API documentation of
// RegisterStreamConsumer): 20 consumers, or 50 in the On-demand Advantage mode
// of the account, of which 5 may be CREATING.
const (
	fewestConsumers = 20
	mostConsumers   = 50
	mostCreating    = 5
	// A rate that was exceeded has the same error code as a stream that is
	// full. It is the stream when this many attempts in a row were refused.
	refusalsOfAFull = 3
)

// Register returns a consumer that is ACTIVE: one that is registered already,
// or a new one. One that is CREATING is waited for, one that is DELETING is
// waited out and then registered again.
//
// Errors are *record.OptionError for a name, *LimitError when the stream has as
// many consumers as it may have, *TimeoutError after RegistryOptions.Timeout,
// and *service.CallError. What is known of the consumer is returned beside an error,
// too.
func (r *Registry) Register(ctx context.Context, name string) (Registration, error) {
	if err := CheckName(name); err != nil {
		return Registration{}, err
	}
	g := registering{
		Registry: r, waiting: newWaiting(r, "register", ID(name)),
		limit: service.Backoff{First: limitBackoff, Most: mostBackoff},
	}
	for {
		done, err := g.step(ctx)
		if done || err != nil {
			return g.result, err
		}
	}
}

// AwaitActive returns a consumer that somebody has registered, when it is
// ACTIVE. Errors are *NotFoundError, and those of Register. What is known of the
// consumer is returned beside an error, too.
func (r *Registry) AwaitActive(ctx context.Context, id ID) (Consumer, error) {
	if err := CheckID(id, r.o.StreamARN); err != nil {
		return Consumer{}, err
	}
	w := newWaiting(r, "wait for", id)
	for {
		c, err := w.look(ctx)
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

// registering is one Register.
type registering struct {
	*Registry
	*waiting
	result   Registration
	limit    service.Backoff // after LimitExceededException
	refusals int             // in a row, by a stream that looks full
}

// step looks at the consumer once and does what its state asks for.
func (g *registering) step(ctx context.Context) (done bool, err error) {
	c, err := g.look(ctx)
	switch {
	case err != nil:
		return false, err
	case c == nil:
		return false, g.ask(ctx)
	}
	g.result.Consumer = *c
	switch c.Status {
	case types.ConsumerStatusActive:
		return true, nil
	case types.ConsumerStatusDeleting:
		g.result.Registered = false // it is another's, and on its way out
		return false, g.pause(ctx, "waiting until it is gone, to register it again")
	default:
		return false, g.pause(ctx, "waiting until it is ACTIVE")
	}
}

// ask makes one RegisterStreamConsumer. Whatever becomes of it, the next step
// looks again: an answer that was lost may have been a success.
func (g *registering) ask(ctx context.Context) error {
	if g.over() {
		return g.timeout(g.last)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	call := g.register(ctx, g.id, g.deadline)
	ended := g.awaiting("RegisterStreamConsumer", g.id)
	select {
	case <-call.over:
		ended()
	case <-ctx.Done():
		ended()
		g.result.Registered = true // the call is still under way
		return context.Cause(ctx)
	}
	if call.err == nil {
		g.attempted("RegisterStreamConsumer", g.id, nil)
		g.result.Registered = true
		g.result.Consumer = fromList(*call.out.Consumer, g.o.StreamARN)
		g.refusals = 0
		g.limit.Reset()
		g.state, g.last = string(types.ConsumerStatusCreating), nil
		return g.pause(ctx, "")
	}
	err := g.failed("RegisterStreamConsumer", g.id, call.err)
	g.attempted("RegisterStreamConsumer", g.id, err)
	g.last = err
	nothing := registeredNothing(err)
	if ctx.Err() != nil {
		g.result.Registered = g.result.Registered || !nothing
		return context.Cause(ctx)
	}
	switch classify(err) {
	case limited:
		return g.waitForCapacity(ctx)
	case inUse:
		// Somebody else was faster, or the stream is being created or deleted.
		return g.pause(ctx, "")
	case again:
		g.result.Registered = g.result.Registered || !nothing
		return g.pause(ctx, "")
	case fatal, notFound, refused, stale:
	}
	if nothing {
		return err
	}
	return g.believe(ctx, err)
}

// believe returns the error of a call that was refused, unless the consumer is there
// all the same.
func (g *registering) believe(ctx context.Context, err error) error {
	was := g.result.Registered
	g.result.Registered = true // until a look says that it is not there
	c, lookErr := g.look(ctx)
	switch {
	case lookErr != nil:
		return err
	case c == nil:
		g.result.Registered = was
		return err
	}
	return nil // the next step takes it
}

// waitForCapacity finds out what limit was met: a full stream ends it, the others
// pass.
func (g *registering) waitForCapacity(ctx context.Context) error {
	l, err := g.list(ctx, g.deadline, false)
	if err != nil {
		return g.overtime(err)
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
	staying, next := len(l.Consumers)-deleting, g.limit.Next()
	looksFull := staying >= fewestConsumers && creating < mostCreating
	if looksFull {
		g.refusals++
	} else {
		g.refusals = 0
	}
	if staying >= mostConsumers || g.refusals >= refusalsOfAFull || looksFull && next >= time.Until(g.deadline) {
		return &LimitError{Stream: g.o.Stream, Consumer: string(g.id), Registered: l.Consumers, Commands: g.o.Commands}
	}
	switch {
	case creating >= mostCreating:
		g.report(fmt.Sprintf("%d consumers are CREATING, the most that the service allows at once: waiting for them", creating))
	case len(l.Consumers) >= fewestConsumers && deleting > 0:
		g.report("the stream has no room for another consumer: waiting for one that is DELETING")
	}
	return g.wait(ctx, next)
}

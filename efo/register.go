package efo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
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
// and *CallError. What is known of the consumer is returned beside an error,
// too.
func (r *Registry) Register(ctx context.Context, name string) (Registration, error) {
	if err := CheckName(name); err != nil {
		return Registration{}, err
	}
	g := registering{
		Registry: r, waiting: newWaiting(r, "register", ID(name)),
		limit: backoff{first: limitBackoff, most: mostBackoff},
	}
	for {
		done, err := g.step(ctx)
		if done || err != nil {
			return g.result, err
		}
	}
}

// AwaitActive returns a consumer that somebody has registered, when it is
// ACTIVE. Errors are *NotFoundError, and those of Register.
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
			return Consumer{}, &NotFoundError{r.o.Stream, string(id), r.o.Told}
		case c.Status == types.ConsumerStatusActive:
			return *c, nil
		}
		if err := w.pause(ctx, "waiting until it is ACTIVE"); err != nil {
			return Consumer{}, err
		}
	}
}

// registering is one Register.
type registering struct {
	*Registry
	*waiting
	result   Registration
	limit    backoff // after LimitExceededException
	refusals int     // in a row, by a stream that looks full
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
	out, err := attempt(ctx, g.deadline, func(ctx context.Context) (*kinesis.RegisterStreamConsumerOutput, error) {
		defer g.awaiting("RegisterStreamConsumer", g.id)()
		return g.client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{
			StreamARN: aws.String(g.o.StreamARN), ConsumerName: aws.String(string(g.id)),
		})
	})
	if err == nil {
		err = checkRegistration(g.id, out.Consumer)
	}
	if err == nil {
		g.attempted("RegisterStreamConsumer", g.id, nil)
		g.result.Registered = true
		g.result.Consumer = fromList(*out.Consumer, g.o.StreamARN)
		g.refusals = 0
		g.limit.reset()
		g.state, g.last = string(types.ConsumerStatusCreating), nil
		return g.pause(ctx, "")
	}
	if ctx.Err() != nil {
		g.result.Registered = true // the call may have arrived
		return context.Cause(ctx)
	}
	err = g.failed("RegisterStreamConsumer", g.id, err)
	g.attempted("RegisterStreamConsumer", g.id, err)
	g.last = err
	switch classify(err) {
	case limited:
		return g.refused(ctx)
	case inUse:
		// Somebody else was faster, or the stream is being created or deleted.
		return g.pause(ctx, "")
	case again:
		g.result.Registered = true // the call may have arrived
		return g.pause(ctx, "")
	}
	return err // gone: there is no such stream
}

// refused finds out what limit was met: a full stream ends it, the others
// pass.
func (g *registering) refused(ctx context.Context) error {
	l, err := g.list(ctx, &listTime{end: g.deadline})
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
	staying, next := len(l.Consumers)-deleting, g.limit.next()
	looksFull := staying >= fewestConsumers && creating < mostCreating
	if looksFull {
		g.refusals++
	} else {
		g.refusals = 0
	}
	if staying >= mostConsumers || g.refusals >= refusalsOfAFull || looksFull && next >= time.Until(g.deadline) {
		return &LimitError{Stream: g.o.Stream, Consumer: string(g.id), Registered: l.Consumers, Told: g.o.Told}
	}
	switch {
	case creating >= mostCreating:
		g.say(fmt.Sprintf("%d consumers are CREATING, which is as many as may be at once: waiting for them", creating))
	case len(l.Consumers) >= fewestConsumers && deleting > 0:
		g.say("the stream has no room for another consumer: waiting for one that is DELETING")
	}
	return g.wait(ctx, next)
}

// waiting is the wait for a consumer's state.
type waiting struct {
	r        *Registry
	doing    string
	id       ID
	began    time.Time
	deadline time.Time
	state    string // as it was last seen; empty before that
	last     error  // why the last attempt was refused
	looks    backoff
	accepted int // DeregisterStreamConsumer calls that succeeded
	said     string
	log      *slog.Logger
}

func newWaiting(r *Registry, doing string, id ID) *waiting {
	now := time.Now()
	return &waiting{
		r: r, doing: doing, id: id, began: now, deadline: now.Add(r.o.Timeout),
		looks: backoff{first: firstLook, most: mostLook},
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
		Doing: w.doing, Stream: w.r.o.Stream, Consumer: string(w.id), State: w.state, After: time.Since(w.began), Err: last, Told: w.r.o.Told,
	}
}

// pause waits before the next look, and says, once, what for.
func (w *waiting) pause(ctx context.Context, what string) error {
	if what != "" {
		w.say("it is " + w.state + ": " + what)
	}
	return w.wait(ctx, w.looks.next())
}

// wait waits for d, and at the deadline ends it. The last look is at the
// deadline itself.
func (w *waiting) wait(ctx context.Context, d time.Duration) error {
	left := time.Until(w.deadline)
	if w.over() {
		return w.timeout(w.last)
	}
	w.log.Debug("waiting for consumer", "state", w.state, "wait", min(d, left))
	return sleep(ctx, min(d, left))
}

// say tells a person what is being waited for, when that is news.
func (w *waiting) say(text string) {
	if text != w.said && time.Since(w.began) >= w.r.o.SayAfter {
		w.said = text
		w.r.o.Say(fmt.Sprintf("consumer %s of %s: %s", w.id.Name(), w.r.o.Stream, text))
	}
}

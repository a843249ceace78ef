package efo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"

	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// holding is the consumer with which a run subscribes to one stream. What
// follows lock is guarded by it. Nothing that may block on a reader of messages is
// called with the lock held, or by the goroutine that looks after the consumer:
// messages go through the FanOut's.
type holding struct {
	f          *FanOut
	report     func(err error) // notes what came of an attempt of a call that is retried
	unanswered func(err error) // notes that an attempt of such a call has had no answer for service.ReportAfter
	forget     func()          // notes that such a call is given up, and the run goes on
	stream     string          // its name
	given      string          // and how the calls name it: the ARN where there is one
	id         ID              // of the consumer: its name, or the ARN of one that was given
	own        bool            // the run registers it, and may remove it
	brief      bool            // it is for this run alone

	lock       chan struct{} // has room for one: who waits for it can be cancelled
	registry   *Registry
	arn        string // of the consumer when it was last seen to be ACTIVE
	there      bool   // it is there, or may be because of this run
	made       bool   // this run has registered it, or may have
	takenOver  bool
	awaited    types.ConsumerStatus // its state when the end of the run ended a wait for it; else empty
	reportedAt time.Time            // when it was reported
}

func newHolding(f *FanOut, a *reader.Assignment) *holding {
	h := &holding{f: f, stream: a.Stream(), given: a.Stream(), own: true, lock: make(chan struct{}, 1)}
	h.report = func(err error) {
		if message := a.Reported(h, err, 0); message != "" {
			h.later(a.Info, message)
		}
	}
	h.unanswered = func(err error) {
		if message := a.Reported(h, err, service.ReportAfter); message != "" {
			h.later(a.Info, message)
		}
	}
	h.forget = func() { a.Forgotten(h) }
	if arn := a.StreamARN(); arn != "" {
		h.given = arn
	}
	switch {
	case len(f.o.RegisteredIDs) > 0:
		h.own = false
		for i, s := range f.o.Streams {
			if s == a.Stream() || s == a.StreamARN() {
				h.id = ID(f.o.RegisteredIDs[i])
			}
		}
	case f.o.Name != "":
		h.id = ID(f.o.NamePrefix + f.o.Name)
	case a.IsKept():
		h.id = ID(f.o.NamePrefix + a.QueryID())
	default:
		h.brief = true
		run, err := uuid.Parse(a.QueryID())
		if err != nil { // positions of another kind than a checkpoint's
			run = uuid.New()
		}
		h.id = ID(EphemeralName(f.o.NamePrefix, run))
	}
	return h
}

// commands are those that messages name, for the stream as it was given.
func (h *holding) commands() Commands { return Commands{h.given, h.f.o.Flags} }

// log does not wait for who reads it.
func (h *holding) log() *slog.Logger { return h.f.messages.logger(h.f.o.Log) }

func (h *holding) enter(ctx context.Context) error {
	select {
	case h.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *holding) leave() { <-h.lock }

// later hands a message on without waiting for who reads it.
func (h *holding) later(to func(string), message string) { h.f.messages.to(to)(message) }

// ready returns the ARN of the consumer, ACTIVE when it was last looked at. The
// first call finds it or registers it, and lets it be looked after until the
// context, which is the run's, ends.
func (h *holding) ready(ctx context.Context) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	if h.arn != "" {
		return h.arn, nil
	}
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	h.f.refresh.Go(func() { h.lookAfter(ctx) })
	return h.arn, nil
}

// check looks at the consumer after a subscription with an ARN failed. replaced
// says that the ARN is no longer to be used: ready returns another one.
func (h *holding) check(ctx context.Context, arn string) (replaced bool, err error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	if h.arn != arn {
		return true, nil
	}
	return h.look(ctx)
}

// lookAfter describes the consumer each refresh interval.
func (h *holding) lookAfter(ctx context.Context) {
	for service.Sleep(ctx, h.f.o.RefreshInterval) == nil {
		if h.enter(ctx) != nil {
			return
		}
		_, err := h.look(ctx)
		givenUp := err != nil && ctx.Err() == nil
		if givenUp {
			h.forget() // before another look can fail
		}
		h.leave()
		if givenUp {
			// The subscriptions that are there go on; the next one meets it too,
			// and ends the run if it has to.
			h.log().Info("look after consumer", "stream", h.stream, "consumer", h.id.Name(), "error", err)
		}
	}
}

// The methods below want the lock held.

// look describes the consumer, and waits for it or registers it again unless it
// is there and ACTIVE. replaced says that it is another one now.
func (h *holding) look(ctx context.Context) (replaced bool, err error) {
	was := h.arn
	c, err := h.registry.Describe(ctx, h.id)
	switch {
	case service.IsDenied(err):
		return false, nil // it is taken at its word
	case err == nil && c.Status == types.ConsumerStatusActive:
		h.arn = c.ARN
		return c.ARN != was, nil
	case err != nil && !isNotFound(err):
		return false, err
	}
	h.arn = ""
	if err := h.acquire(ctx); err != nil {
		return false, err
	}
	return true, nil
}

// acquire finds the consumer, or registers it, and waits until it is ACTIVE.
func (h *holding) acquire(ctx context.Context) error {
	if h.registry == nil {
		if err := h.find(ctx); err != nil {
			return err
		}
	}
	if !h.own {
		c, err := h.registry.AwaitActive(ctx, h.id)
		if service.IsDenied(err) && h.id.isARN() {
			h.later(h.f.o.Detail, fmt.Sprintf("DescribeStreamConsumer is not allowed: kin uses %s without a check", h.id))
			h.arn = string(h.id)
			return nil
		}
		return h.acquired(ctx, c, err)
	}
	r, err := h.registry.Register(ctx, string(h.id))
	h.there = h.there || err == nil || r.Registered
	h.made = h.made || r.Registered
	if err := h.acquired(ctx, r.Consumer, err); err != nil {
		return err
	}
	verb := "reading through"
	if r.Registered {
		verb = "registered"
	}
	h.later(h.f.o.Detail, fmt.Sprintf("%s: %s consumer %s", h.stream, verb, h.id))
	return nil
}

// acquired notes what a wait for the consumer has come to, and returns its error.
func (h *holding) acquired(ctx context.Context, c Consumer, err error) error {
	h.awaited = ""
	switch {
	case err == nil:
		h.arn = c.ARN
	case ctx.Err() != nil:
		h.awaited = c.Status
	}
	return err
}

// find makes the registry of the stream.
func (h *holding) find(ctx context.Context) error {
	var arn string
	var err error
	arn, err = FindStreamWithin(ctx, h.f.client, h.given, h.f.o.RegisterTimeout, h.f.messages.to(h.f.o.Info), h.log())
	if m := consumerARN.FindStringSubmatch(string(h.id)); m != nil {
		if err != nil && classify(err) != notFound {
			arn, err = m[1], nil // its stream has the name of this one, and that has to do
		}
		if err == nil && arn != m[1] { // of another account, or another region
			return &record.OptionError{Field: "registered consumer id", Want: fmt.Sprintf("one of a consumer of %s, not of %s", arn, m[1])}
		}
	}
	if err != nil {
		return err
	}
	h.registry, err = NewRegistry(h.f.client, RegistryOptions{
		Stream: h.stream, Commands: h.commands(), StreamARN: arn, Timeout: h.f.o.RegisterTimeout,
		Info: h.f.messages.to(h.f.o.Info), InfoAfter: usualWait, Log: h.log(), Attempted: h.report, Unanswered: h.unanswered, Reading: true,
	})
	return err
}

// lost takes in that another reader has taken the consumer over with a shard.
func (h *holding) lost(ctx context.Context, shard string) error {
	if err := h.enter(ctx); err != nil {
		return err
	}
	defer h.leave()
	if !h.f.o.TakeOver {
		h.takenOver = true
		return &TakenOverError{Stream: h.stream, Shard: shard, Consumer: h.id.Name()}
	}
	if now := time.Now(); h.reportedAt.IsZero() || now.Sub(h.reportedAt) >= time.Minute {
		h.reportedAt = now
		h.later(h.f.o.Info, fmt.Sprintf("another reader has taken over consumer %s of %s: subscribing again", h.id.Name(), h.stream))
	}
	return nil
}

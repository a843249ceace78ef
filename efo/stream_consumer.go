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

// streamConsumer is the consumer through which a run subscribes to one stream. lock guards the
// fields after it. Messages go through the queue of the FanOut, because a receiver may block. No
// receiver is called with the lock held, nor by the goroutine that refreshes the consumer.
type streamConsumer struct {
	f              *FanOut
	noteAttempt    func(err error) // notes the result of an attempt of a call that is retried
	noteUnanswered func(err error) // notes that such an attempt has had no answer for service.ReportAfter
	abandoned      func()          // notes that the run goes on without retrying such a call
	stream         string          // the name of the stream
	streamID       string          // the stream in calls: its ARN if known, else its name
	id             ID              // the name of the consumer, or its ARN if the user gave one
	own            bool            // the run may register and remove it
	ephemeral      bool            // only this run uses it

	lock       chan struct{} // capacity 1: a mutex whose wait can be cancelled
	registry   *Registry
	arn        string // the ARN of the consumer when it was last ACTIVE
	exists     bool   // it exists, or may exist because of this run
	registered bool   // this run has registered it, or may have
	takenOver  bool
	waitedFor  types.ConsumerStatus // its state if the run ended during a wait for it; else empty
	reportedAt time.Time            // when the last takeover was reported
}

func newStreamConsumer(f *FanOut, a *reader.Assignment) *streamConsumer {
	h := &streamConsumer{f: f, stream: a.Stream(), streamID: a.Stream(), own: true, lock: make(chan struct{}, 1)}
	h.noteAttempt = func(err error) {
		if message := a.Reported(h, err, 0); message != "" {
			h.queue(a.Info, message)
		}
	}
	h.noteUnanswered = func(err error) {
		if message := a.Reported(h, err, service.ReportAfter); message != "" {
			h.queue(a.Info, message)
		}
	}
	h.abandoned = func() { a.Forgotten(h) }
	if arn := a.StreamARN(); arn != "" {
		h.streamID = arn
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
		h.ephemeral = true
		run, err := uuid.Parse(a.QueryID())
		if err != nil { // the query ID of other kinds of positions need not be a UUID
			run = uuid.New()
		}
		h.id = ID(EphemeralName(f.o.NamePrefix, run))
	}
	return h
}

// commands returns the builder of commands in messages, for the stream as the user named it.
func (h *streamConsumer) commands() Commands { return Commands{h.streamID, h.f.o.Flags} }

// log returns a logger that never blocks on the receiver.
func (h *streamConsumer) log() *slog.Logger { return h.f.messages.logger(h.f.o.Log) }

func (h *streamConsumer) acquireLock(ctx context.Context) error {
	select {
	case h.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *streamConsumer) releaseLock() { <-h.lock }

// queue queues a message for the function to, and returns without waiting for it.
func (h *streamConsumer) queue(to func(string), message string) { h.f.messages.wrap(to)(message) }

// ready returns the ARN of a consumer that was ACTIVE when last described. The first call finds or
// registers the consumer, and starts to refresh it until ctx ends. ctx is the context of the run.
func (h *streamConsumer) ready(ctx context.Context) (string, error) {
	if err := h.acquireLock(ctx); err != nil {
		return "", err
	}
	defer h.releaseLock()
	if h.arn != "" {
		return h.arn, nil
	}
	if err := h.findOrRegister(ctx); err != nil {
		return "", err
	}
	h.f.refreshers.Go(func() { h.refreshLoop(ctx) })
	return h.arn, nil
}

// check describes the consumer after a subscription with arn failed. replaced is true if arn is out
// of date; ready returns the new one.
func (h *streamConsumer) check(ctx context.Context, arn string) (replaced bool, err error) {
	if err := h.acquireLock(ctx); err != nil {
		return false, err
	}
	defer h.releaseLock()
	if h.arn != arn {
		return true, nil
	}
	return h.refresh(ctx)
}

// refreshLoop describes the consumer at each refresh interval.
func (h *streamConsumer) refreshLoop(ctx context.Context) {
	for service.Sleep(ctx, h.f.o.RefreshInterval) == nil {
		if h.acquireLock(ctx) != nil {
			return
		}
		_, err := h.refresh(ctx)
		gaveUp := err != nil && ctx.Err() == nil
		if gaveUp {
			h.abandoned() // before another refresh can fail
		}
		h.releaseLock()
		if gaveUp {
			// The open subscriptions continue. The next one gets the same error, and ends the run
			// if necessary.
			h.log().Info("could not check the consumer", "stream", h.stream, "consumer", h.id.Name(), "error", err)
		}
	}
}

// The methods below require the lock.

// refresh describes the consumer. If the consumer is missing or not ACTIVE, refresh waits for it or
// registers it again. replaced is true if the consumer has a new ARN.
func (h *streamConsumer) refresh(ctx context.Context) (replaced bool, err error) {
	was := h.arn
	c, err := h.registry.Describe(ctx, h.id)
	switch {
	case service.IsDenied(err):
		return false, nil // kin assumes that it still exists
	case err == nil && c.Status == types.ConsumerStatusActive:
		h.arn = c.ARN
		return c.ARN != was, nil
	case err != nil && !isNotFound(err):
		return false, err
	}
	h.arn = ""
	if err := h.findOrRegister(ctx); err != nil {
		return false, err
	}
	return true, nil
}

// findOrRegister finds or registers the consumer, and waits until it is ACTIVE.
func (h *streamConsumer) findOrRegister(ctx context.Context) error {
	if h.registry == nil {
		if err := h.openRegistry(ctx); err != nil {
			return err
		}
	}
	if !h.own {
		c, err := h.registry.AwaitActive(ctx, h.id)
		if service.IsDenied(err) && h.id.isARN() {
			h.queue(h.f.o.Detail, fmt.Sprintf("DescribeStreamConsumer is not allowed: kin uses %s without a check", h.id))
			h.arn = string(h.id)
			return nil
		}
		return h.noteWait(ctx, c, err)
	}
	r, err := h.registry.Register(ctx, string(h.id))
	h.exists = h.exists || err == nil || r.Registered
	h.registered = h.registered || r.Registered
	if err := h.noteWait(ctx, r.Consumer, err); err != nil {
		return err
	}
	verb := "reading through"
	if r.Registered {
		verb = "registered"
	}
	h.queue(h.f.o.Detail, fmt.Sprintf("%s: %s consumer %s", h.stream, verb, h.id))
	return nil
}

// noteWait stores the result of a wait for the consumer, and returns err.
func (h *streamConsumer) noteWait(ctx context.Context, c Consumer, err error) error {
	h.waitedFor = ""
	switch {
	case err == nil:
		h.arn = c.ARN
	case ctx.Err() != nil:
		h.waitedFor = c.Status
	}
	return err
}

// openRegistry creates the registry of the stream.
func (h *streamConsumer) openRegistry(ctx context.Context) error {
	var arn string
	var err error
	arn, err = FindStreamWithin(ctx, h.f.client, h.streamID, h.f.o.RegisterTimeout, h.f.messages.wrap(h.f.o.Info), h.log())
	if m := consumerARN.FindStringSubmatch(string(h.id)); m != nil {
		if err != nil && classify(err) != notFound {
			arn, err = m[1], nil // the consumer's ARN names a stream of this name; kin cannot check more
		}
		if err == nil && arn != m[1] { // another account or region
			return &record.OptionError{Field: "registered consumer id", Want: fmt.Sprintf("the ARN of a consumer of %s, not of %s", arn, m[1])}
		}
	}
	if err != nil {
		return err
	}
	h.registry, err = NewRegistry(h.f.client, RegistryOptions{
		Stream: h.stream, Commands: h.commands(), StreamARN: arn, Timeout: h.f.o.RegisterTimeout,
		Info: h.f.messages.wrap(h.f.o.Info), InfoAfter: quietWait, Log: h.log(), Attempted: h.noteAttempt, Unanswered: h.noteUnanswered, Reading: true,
	})
	return err
}

// handleTakeOver handles the takeover of the consumer by another reader, noticed in shard.
func (h *streamConsumer) handleTakeOver(ctx context.Context, shard string) error {
	if err := h.acquireLock(ctx); err != nil {
		return err
	}
	defer h.releaseLock()
	if !h.f.o.TakeOver {
		h.takenOver = true
		return &TakenOverError{Stream: h.stream, Shard: shard, Consumer: h.id.Name()}
	}
	if now := time.Now(); h.reportedAt.IsZero() || now.Sub(h.reportedAt) >= time.Minute {
		h.reportedAt = now
		h.queue(h.f.o.Info, fmt.Sprintf("another reader has taken over consumer %s of %s: subscribing again", h.id.Name(), h.stream))
	}
	return nil
}

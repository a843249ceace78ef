package reader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"log/slog"

	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
	"kin/internal/validate"
)

// Client is what a reader needs of the service. Its calls are single attempts:
// the reader retries.
type Client interface{ service.StreamAPI }

// session is what a run, and a look that changes nothing, have in common: the
// client, the options, and how the calls go.
type session struct {
	client   Client
	o        Options
	log      *slog.Logger
	progress *progress
	reporter service.Reporter  // of calls that keep failing
	dates    *servertime.Check // of all answers
	hints    hints
	slots    chan struct{} // fetches in flight; nil without a cap
	record   atomic.Int64  // bytes of a record on average in the shard that was fetched last; 0 is not known
	queryID  string        // of the positions, once they are loaded
	// accepted says that the positions were accepted by the service before.
	accepted bool
	served   atomic.Bool // the service accepted a position of a shard in this run

	mu    sync.Mutex // guards the shards of all streams, how many of them are read, and the clock
	clock time.Time  // the service's time at a moment, and
	local time.Time  // this process's time at that moment
}

// newSession returns the session of a run with options that New has checked.
func newSession(client Client, o Options, p *progress) *session {
	s := &session{
		client: client, o: o, log: o.Log, progress: p,
		reporter: service.NewReporter(o.Failing),
		dates:    &servertime.Check{Report: o.Info},
		hints:    hints{report: o.Info},
	}
	if o.Tasks > 0 && o.Source == nil {
		s.slots = make(chan struct{}, o.Tasks*o.ShardsPerTask)
	}
	return s
}

// setClock takes the service's time of now. It wants the lock held.
func (s *session) setClock(service time.Time) { s.clock, s.local = service, time.Now() }

// now is the service's clock, carried on by this process's.
func (s *session) now() time.Time { return s.serviceTime(time.Now()) }

// serviceTime is what the service's clock showed when this process's showed now.
func (s *session) serviceTime(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock.Add(now.Sub(s.local))
}

// dateNow is the service's time: what its last Date says or, of a service without a
// usable one, this machine's, cut to the second like a Date.
func (s *session) dateNow() time.Time {
	if now := s.dates.Now(); !now.IsZero() {
		return now.Truncate(time.Second)
	}
	return time.Now().Truncate(time.Second)
}

// takeSlot waits for one of the fetches that may be in flight.
func (s *session) takeSlot(ctx context.Context) error {
	if s.slots == nil {
		return nil
	}
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *session) giveSlot() {
	if s.slots != nil {
		<-s.slots
	}
}

// mostIdleSilence is how long a shard that is polled regularly may give no answer.
const mostIdleSilence = 3 * time.Second

// silence is how long a shard of this run may give no answer.
func (s *session) silence() time.Duration { return max(mostIdleSilence, s.o.Silence) }

// streamCalls makes the calls about one stream.
type streamCalls struct {
	*session
	ref record.Stream
}

// callError returns what puts the name of a call about the stream on an error.
func (s streamCalls) callError(call string) func(error) error {
	return func(err error) error { return &CallError{Call: call, Stream: s.ref.Given, Err: err} }
}

// describe makes one attempt at the stream's summary.
func (s streamCalls) describe(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
	out, err := service.Attempt(ctx, func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return s.client.DescribeStreamSummary(ctx, &service.DescribeStreamSummaryInput{
			StreamName: s.ref.ByName(), StreamARN: s.ref.ARN,
		})
	})
	if err == nil {
		err = validate.Summary(s.ref.Name, out.StreamDescriptionSummary)
	}
	if err != nil {
		return nil, s.callError("DescribeStreamSummary")(err)
	}
	return out, nil
}

// ownAncestor is the error of an answer that makes a shard its own ancestor.
// call is empty where the end of a shard says so.
func (s streamCalls) ownAncestor(call, shard string, err error) error {
	var id lineage.OwnAncestorError
	var withCheckpoint lineage.CheckpointCycleError
	switch {
	case errors.As(err, &withCheckpoint) && call == "":
		return checkpointCycle(s.ref.Given, fmt.Sprintf("the end of %s/%s", s.ref.Name, shard), string(withCheckpoint))
	case errors.As(err, &withCheckpoint):
		return checkpointCycle(s.ref.Given, call, string(withCheckpoint))
	case !errors.As(err, &id):
		return err
	}
	return &LineageError{Call: call, Stream: s.ref.Given, Ended: shard, Shard: string(id)}
}

// checkpointCycle is the error for a checkpoint that forms a cycle together with an
// answer of the service.
func checkpointCycle(stream, answer, id string) error {
	return &CheckpointError{Stream: stream, Reason: fmt.Sprintf("together with %s, it makes shard %s of stream %s its own ancestor", answer, id, stream),
		next: "the file was changed, or belongs to another stream: restore it from a copy, or start from scratch with another file"}
}

// Unanswered says in words why a stream's summary is not known: it is what follows the
// name of the call. nil is an answer without a summary.
func Unanswered(err error) string {
	switch {
	case err == nil, errors.Is(err, validate.ErrNoSummary):
		return "answers without a summary"
	case service.IsDenied(err):
		return "is not allowed"
	}
	return "fails" + because(err)
}

// because is an error in brackets; nothing without one.
func because(err error) string {
	if err == nil {
		return ""
	}
	return " (" + service.Brief(err) + ")"
}

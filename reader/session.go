package reader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
	"kin/internal/validate"
)

// Client is the part of the service that a reader calls. Each call is a single attempt: the reader
// retries.
type Client interface{ service.StreamAPI }

// session is what a run and an Opener share: the client, the options, and the state of the calls.
type session struct {
	client   Client
	o        Options
	log      *slog.Logger
	progress *progress
	reporter service.Reporter  // reports calls that keep failing
	dates    *servertime.Check // checks the Dates of all answers
	hints    hints
	slots    chan struct{} // semaphore of the fetches in flight; nil without a limit
	record   atomic.Int64  // average bytes of a record in the shard that was fetched last; 0 is not known
	queryID  string        // of the positions, set when they are loaded
	// accepted means that an earlier opening found all positions to be accepted.
	accepted bool
	served   atomic.Bool // the service accepted a position of a shard in this run

	mu    sync.Mutex // guards the shards of all streams, the counters of a run, and the following
	clock time.Time  // the service's time at a moment
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

// setClock sets the service's time of now. The caller holds the lock.
func (s *session) setClock(service time.Time) { s.clock, s.local = service, time.Now() }

// now estimates the service's time from the last setClock and this process's clock.
func (s *session) now() time.Time { return s.serviceTime(time.Now()) }

// serviceTime converts a time of this process's clock to the service's.
func (s *session) serviceTime(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock.Add(now.Sub(s.local))
}

// dateNow is the service's time by its last usable Date or, without one, this machine's time. It is
// cut to the second, like a Date.
func (s *session) dateNow() time.Time {
	if now := s.dates.Now(); !now.IsZero() {
		return now.Truncate(time.Second)
	}
	return time.Now().Truncate(time.Second)
}

// acquireSlot waits for one of the slots for fetches in flight.
func (s *session) acquireSlot(ctx context.Context) error {
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

func (s *session) releaseSlot() {
	if s.slots != nil {
		<-s.slots
	}
}

// maxIdleSilence is how long a shard that is polled regularly may send no answer.
const maxIdleSilence = 3 * time.Second

// silence is how long a shard of this run may send no answer.
func (s *session) silence() time.Duration { return max(maxIdleSilence, s.o.Silence) }

// streamCalls makes the calls about one stream.
type streamCalls struct {
	*session
	ref record.Stream
}

// callError returns a function that adds the name of a call and the stream to an error.
func (s streamCalls) callError(call string) func(error) error {
	return func(err error) error { return &CallError{Call: call, Stream: s.ref.Given, Err: err} }
}

// describe makes one attempt to fetch the stream's summary.
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

// ownAncestor returns the error for an answer that makes a shard its own ancestor. call is empty if
// the answer was the end of a shard.
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

// checkpointCycle is the error for a checkpoint that forms a cycle together with an answer of the
// service.
func checkpointCycle(stream, answer, id string) error {
	return &CheckpointError{Stream: stream, Reason: fmt.Sprintf("it contradicts %s: shard %s of stream %s would be its own ancestor", answer, id, stream),
		next: "the file was changed, or belongs to another stream: restore it from a copy, or name another file, and kin begins at --from (default latest)"}
}

// Unanswered describes why a stream's summary is not known. The text follows the name of the call
// in a message. A nil err means an answer without a summary.
func Unanswered(err error) string {
	switch {
	case err == nil, errors.Is(err, validate.ErrNoSummary):
		return "returned no summary"
	case service.IsDenied(err):
		return "is not allowed"
	}
	return "fails" + because(err)
}

// because returns " (err)", or "" for nil.
func because(err error) string {
	if err == nil {
		return ""
	}
	return " (" + service.Brief(err) + ")"
}

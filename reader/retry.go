package reader

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
)

// verdict is what to do about a call that failed.
type verdict int

const (
	fatal     verdict = iota // it will fail again: end the run
	again                    // retry with the same arguments
	throttled                // the shard's read limit: the documented 5 s
	expired                  // the iterator is too old: make a new one
	refused                  // the iterator or the position was not accepted
	notFound                 // the shard or the stream is not there
)

// classify decides what is done about an error of a call that failed.
func classify(err error) verdict {
	var lineage *LineageError
	if errors.As(err, &lineage) {
		return fatal // the parents of a shard never change
	}
	switch service.ClassOf(err) {
	case service.Throttled:
		if service.Code(err) == service.CodeShardLimit {
			return throttled
		}
		return again // too many calls of all readers together
	case service.InUse:
		return again // the stream is being created
	case service.Transient, service.Unsent, service.Unanswered:
		return again // to read once more changes nothing
	case service.Expired:
		return expired // a list begins again
	case service.Refused:
		if service.Code(err) == service.CodeArgument {
			return refused
		}
		return fatal // a call that is not well formed
	case service.Missing:
		return notFound
	case service.Denied, service.Unauthentic, service.Key, service.Unsupported, service.Unsendable, service.Unknown:
	}
	return fatal // the same call will not pass later
}

// Waits between attempts.
const (
	startTimeout  = service.StartTimeout // all attempts of a call at the start
	throttleSleep = 5 * time.Second      // as the connector documents
)

// retries say how the run's calls are retried.
func (s *session) retries() *service.Retries {
	return &service.Retries{Reporter: &s.reporter, For: s.o.RetryFor, Passes: passes, About: service.Subject, Backoff: service.ReadBackoff()}
}

// passes reports whether a failure of a call at the start passes.
func passes(err error) bool {
	switch classify(err) {
	case again, throttled, expired:
		return true
	case fatal, refused, notFound:
	}
	return false
}

// patiently is service.Retry with the run's retries.
func patiently[T any](ctx context.Context, s *session, most time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return service.Retry(ctx, s.retries(), most, named, call)
}

// patientlyPaged is service.RetryPaged with the run's retries.
func patientlyPaged[T any](ctx context.Context, s *session, most time.Duration, named func(error) error, call func(context.Context, *service.Allowance) (T, error)) (T, error) {
	return service.RetryPaged(ctx, s.retries(), most, named, call)
}

// sleepUntil waits for a time, or for the context.
func sleepUntil(ctx context.Context, t time.Time) error { return service.Sleep(ctx, time.Until(t)) }

// Asker makes calls that change nothing, outside of a run. It retries them as a run
// retries those of its start. It may be used from several goroutines.
type Asker struct{ session *session }

// NewAsker returns an Asker. report is called with a line about calls that have failed,
// or have had no answer, for 5 s: one line a minute for all of them. It may be called
// from several goroutines; nil reports nothing. client may be nil for Ask, and a nil log
// discards.
func NewAsker(client Client, report func(string), log *slog.Logger) *Asker {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Asker{&session{client: client, dates: &servertime.Check{}, o: DefaultOptions(), log: log, reporter: service.NewReporter(service.ReportTo(report, log))}}
}

// Failing notes that something which takes several calls has failed for a while, and is
// tried again. The key identifies the call.
func (a *Asker) Failing(key any, err error, lasted time.Duration) {
	a.session.reporter.Failed(key, "", err, lasted)
}

// Passed notes that what was Failing has passed.
func (a *Asker) Passed(key any) { a.session.reporter.Passed(key) }

// stream makes the calls about a stream.
func (a *Asker) stream(given string) (streamCalls, error) {
	o := DefaultOptions()
	o.Streams = []string{given}
	if err := o.checkStreams(); err != nil {
		return streamCalls{}, err
	}
	return streamCalls{a.session, record.ParseStream(given)}, nil
}

// Ask is service.Ask with the retries of a.
func Ask[T any](ctx context.Context, a *Asker, within time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return service.Ask(ctx, a.session.retries(), within, named, call)
}

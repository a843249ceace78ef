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
	retryable                // retry with the same arguments
	throttled                // the shard's read limit: wait the documented 5 s
	expired                  // the iterator is too old: get a new one
	refused                  // the iterator or the position was not accepted
	notFound                 // the shard or the stream does not exist
)

// classify decides what to do about a failed call.
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
		return retryable // too many calls of all readers together
	case service.InUse:
		return retryable // the stream is being created
	case service.Transient, service.Unsent, service.Unanswered:
		return retryable // repeating a read is safe
	case service.Expired:
		return expired // an iterator is renewed; a listing starts over
	case service.Refused:
		if service.Code(err) == service.CodeArgument {
			return refused
		}
		return fatal // the call is malformed
	case service.Missing:
		return notFound
	case service.Denied, service.Unauthentic, service.Key, service.Unsupported, service.Unsendable, service.Unknown:
	}
	return fatal // the same call will fail again
}

// Waits between attempts.
const (
	startTimeout  = service.StartTimeout // for all attempts of a call at the start
	throttleSleep = 5 * time.Second      // as the connector documents
)

// retries returns how the run's calls are retried.
func (s *session) retries() *service.Retries {
	return &service.Retries{Reporter: &s.reporter, For: s.o.RetryFor, Passes: passes, About: service.Subject, Backoff: service.ReadBackoff()}
}

// passes reports whether a call at the start that failed with err is retried.
func passes(err error) bool {
	switch classify(err) {
	case retryable, throttled, expired:
		return true
	case fatal, refused, notFound:
	}
	return false
}

// withRetries is service.Retry with the run's retries.
func withRetries[T any](ctx context.Context, s *session, limit time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return service.Retry(ctx, s.retries(), limit, named, call)
}

// withRetriesPaged is service.RetryPaged with the run's retries.
func withRetriesPaged[T any](ctx context.Context, s *session, limit time.Duration, named func(error) error, call func(context.Context, *service.Allowance) (T, error)) (T, error) {
	return service.RetryPaged(ctx, s.retries(), limit, named, call)
}

// sleepUntil waits until t, or until ctx ends.
func sleepUntil(ctx context.Context, t time.Time) error { return service.Sleep(ctx, time.Until(t)) }

// Asker makes read-only calls outside of a run. It retries them as a run retries the calls of its
// start. It may be used from several goroutines.
type Asker struct{ session *session }

// NewAsker returns an Asker. report receives a line about calls that failed, or had no answer, for
// 5 s: one line a minute for all of them. It may be called from several goroutines; nil discards
// the lines. client may be nil if only RetryRead is used. A nil log discards.
func NewAsker(client Client, report func(string), log *slog.Logger) *Asker {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Asker{&session{client: client, dates: &servertime.Check{}, o: DefaultOptions(), log: log, reporter: service.NewReporter(service.ReportTo(report, log))}}
}

// Failing reports that an operation of several calls has failed for lasted, and is retried. The key
// identifies it.
func (a *Asker) Failing(key any, err error, lasted time.Duration) {
	a.session.reporter.Failed(key, "", err, lasted)
}

// Passed reports that the operation of a Failing key has succeeded.
func (a *Asker) Passed(key any) { a.session.reporter.Passed(key) }

// stream returns the calls about a stream.
func (a *Asker) stream(given string) (streamCalls, error) {
	o := DefaultOptions()
	o.Streams = []string{given}
	if err := o.checkStreams(); err != nil {
		return streamCalls{}, err
	}
	return streamCalls{a.session, record.ParseStream(given)}, nil
}

// RetryRead is service.RetryRead with the retries of a.
func RetryRead[T any](ctx context.Context, a *Asker, limit time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return service.RetryRead(ctx, a.session.retries(), limit, named, call)
}

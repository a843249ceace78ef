package reader

import (
	"context"
	"log/slog"
	"time"

	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
)

// Asker makes calls that change nothing, outside of a run. It retries them as a run
// retries those of its start. It may be used from several goroutines.
type Asker struct{ session *session }

// NewAsker returns an Asker. report is called with a line about calls that have failed,
// or have had no answer, for 5 s: one line a minute for all of them. It may be called
// from several goroutines; nil is nobody. client may be nil for Ask, and a nil log
// discards.
func NewAsker(client Client, report func(string), log *slog.Logger) *Asker {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Asker{&session{client: client, dates: &servertime.Check{}, o: DefaultOptions(), log: log, reporter: service.NewReporter(service.ReportTo(report, log))}}
}

// Failing notes that something which takes several calls has failed for a while, and is
// tried again. The key tells such things apart.
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

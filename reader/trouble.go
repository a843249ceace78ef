package reader

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"kin/internal/service"

	"github.com/xhit/go-str2duration/v2"
)

// failures counts how often, and for how long, one call has failed in a row.
type failures struct {
	run   *run
	back  backoff
	since time.Time // of the first of them; zero when the last attempt passed
	// most bounds how long they may go on; 0 is for ever.
	most time.Duration
}

func newFailures(r *run) failures { return failures{run: r, back: newBackoff(), most: r.o.RetryFor} }

func (f *failures) attempts() int { return f.back.attempts }

// over says that an attempt passed.
func (f *failures) over() {
	f.back.reset()
	if !f.since.IsZero() {
		f.since = time.Time{}
		f.run.trouble.passed(f)
	}
}

// end says that no more attempts follow, whatever came of the last one.
func (f *failures) end() {
	if !f.since.IsZero() {
		f.since = time.Time{}
		f.run.trouble.forget(f)
	}
}

// count notes one more failure. It returns how long to wait before the next
// attempt, or a *GaveUpError.
func (f *failures) count(err error) (time.Duration, error) {
	now := time.Now()
	if f.since.IsZero() {
		f.since = now
	}
	lasted := now.Sub(f.since)
	if f.most > 0 && lasted >= f.most {
		return 0, &GaveUpError{After: lasted, Err: err}
	}
	f.run.trouble.failed(f, err, lasted)
	wait := f.back.next(0)
	if f.most > 0 {
		wait = min(wait, max(f.most-lasted, 0))
	}
	return wait, nil
}

// trouble reports calls that keep failing, in one line a minute for all shards
// together, and that they pass again.
type trouble struct {
	report func(string) // never called with the lock held: it may block

	mu      sync.Mutex      // guards the following
	failing map[any]failing // calls whose last attempt failed
	last    any             // the one that failed last
	since   time.Time       // of the first of the failures that are going on; zero without any
	said    time.Time       // when a line was reported last
	about   string          // the stream or shard that the failures are about; empty for several
	spoken  bool            // a line about these failures was reported
	broken  bool            // such a line named another failure than a refusal for now
	lasting int             // how many of failing are not busy
}

// failing is a call that fails.
type failing struct {
	err  error
	busy bool // for the rate limit, which has a message of its own
	// since is when it began to fail for other reasons; zero while it is busy.
	since time.Time
}

// failed notes that an attempt of a call failed, which has done so for a while. The
// key tells calls apart.
func (t *trouble) failed(key any, err error, lasted time.Duration) {
	if message := t.note(key, err, lasted); message != "" {
		t.report(message)
	}
}

func (t *trouble) note(key any, err error, lasted time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failing == nil {
		t.failing = map[any]failing{}
	}
	now := time.Now()
	was, known := t.failing[key]
	lasting := known && !was.busy
	f := failing{err: err, busy: classify(err) == throttled}
	switch {
	case f.busy:
	case lasting:
		f.since = was.since
	case known: // only now for another reason than the rate limit
		f.since = now
	default:
		f.since = now.Add(-lasted)
	}
	t.failing[key], t.last = f, key
	if f.busy && lasting {
		return t.settled(true) // the service did answer
	} else if f.busy {
		return ""
	}
	lasted = now.Sub(f.since) // not every caller counts it
	if !lasting {
		t.lasting++
	}
	if about := subject(err); t.since.IsZero() {
		t.since, t.about = now.Add(-lasted), about
	} else if about != t.about {
		t.about = ""
	}
	if lasted < troubleAfter || !t.said.IsZero() && now.Sub(t.said) < troubleEvery {
		return ""
	}
	t.said, t.spoken = now, true
	t.broken = t.broken || !service.IsRefusedForNow(err)
	return fmt.Sprintf("still trying: %s", err)
}

// subject is the shard or stream that a call is about; empty for others.
func subject(err error) string {
	var call *CallError
	switch {
	case !errors.As(err, &call):
		return ""
	case call.Shard != "":
		return call.Stream + "/" + call.Shard
	}
	return call.Stream
}

// passed notes that a call passes again, and reports it when it was the last that
// failed and a person has heard of them.
func (t *trouble) passed(key any) {
	if message := t.drop(key, true); message != "" {
		t.report(message)
	}
}

// forget notes that a call is not made again.
func (t *trouble) forget(key any) { t.drop(key, false) }

func (t *trouble) drop(key any, passed bool) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	was, known := t.failing[key]
	delete(t.failing, key)
	if !known || was.busy {
		return ""
	}
	return t.settled(passed)
}

// settled notes that one of the calls no longer fails for reasons that last. It
// wants the lock held, and returns what to report.
func (t *trouble) settled(passed bool) string {
	if t.lasting--; t.lasting > 0 {
		return ""
	}
	message := ""
	if passed && t.spoken {
		what := "connected"
		if !t.broken {
			what = "reading"
		}
		message = fmt.Sprintf("%s again after %s", what, str2duration.String(max(time.Second, time.Since(t.since).Round(time.Second))))
		if t.about != "" {
			message = t.about + ": " + message
		}
	}
	t.since, t.spoken, t.broken, t.about = time.Time{}, false, false, ""
	return message
}

// now is the last failure of the calls that fail now; nil when none does.
func (t *trouble) now() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, fails := t.failing[t.last]; fails {
		return f.err
	}
	for _, f := range t.failing {
		return f.err
	}
	return nil
}

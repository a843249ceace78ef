package reader

import (
	"fmt"
	"sync"
	"time"
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
	f.since = time.Time{}
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
	if lasted >= troubleAfter && classify(err) != throttled { // which has words of its own
		f.run.trouble.say(err)
	}
	wait := f.back.next(0)
	if f.most > 0 {
		wait = min(wait, max(f.most-lasted, 0))
	}
	return wait, nil
}

// trouble speaks of calls that keep failing, in one line a minute for all
// shards together.
type trouble struct {
	tell func(string)

	mu   sync.Mutex
	said time.Time
}

func (t *trouble) say(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if !t.said.IsZero() && now.Sub(t.said) < troubleEvery {
		return
	}
	t.said = now
	t.tell(fmt.Sprintf("still trying: %s", err))
}

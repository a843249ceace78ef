package writer

import (
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// serviceBackoff is the pause after requests that failed as a whole: then it is not
// one shard that fails, but the service itself or the way to it.
type serviceBackoff struct {
	backoff service.Backoff
	failed  time.Time // when a failure was counted last
	until   time.Time // no request before that
}

func newServiceBackoff() serviceBackoff { return serviceBackoff{backoff: queue.NewBackoff()} }

// probing says that the last answer was a failure: one request at a time.
func (b *serviceBackoff) probing() bool { return b.backoff.Attempts() > 0 }

// fail notes the failure of a request that was sent at a time; most bounds the
// pause. Requests that were in flight together fail of one cause, which counts once.
func (b *serviceBackoff) fail(sent, now time.Time, most time.Duration) {
	if sent.Before(b.failed) {
		return
	}
	b.failed = now
	b.until = now.Add(min(b.backoff.Next(), most))
}

// worked notes an answer of the service.
func (b *serviceBackoff) worked() { b.backoff.Reset() }

package writer

import (
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// serviceBackoff is the pause after requests that failed as a whole. Then the service
// itself or the connection fails, not one shard.
type serviceBackoff struct {
	backoff service.Backoff
	failed  time.Time // when a failure was counted last
	until   time.Time // no request is sent before this time
}

func newServiceBackoff() serviceBackoff { return serviceBackoff{backoff: queue.NewBackoff()} }

// probing reports whether the last answer was a failure. Then only one request may be in
// flight.
func (b *serviceBackoff) probing() bool { return b.backoff.Attempts() > 0 }

// fail notes the failure of a request. sent is when it was sent; maxPause bounds the pause.
// Requests that were in flight together fail for the same cause, which counts once.
func (b *serviceBackoff) fail(sent, now time.Time, maxPause time.Duration) {
	if sent.Before(b.failed) {
		return
	}
	b.failed = now
	b.until = now.Add(min(b.backoff.Next(), maxPause))
}

// worked notes an answer of the service.
func (b *serviceBackoff) worked() { b.backoff.Reset() }

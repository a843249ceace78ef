package reader

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

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
	gone                     // the shard or the stream is not there
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
		return gone
	case service.Denied, service.Unauthentic, service.Key, service.Unsupported, service.Unsendable, service.Unknown:
	}
	return fatal // the same call will not pass later
}

// Waits between attempts.
const (
	callTimeout   = 30 * time.Second // one attempt, as the KCL has it: bodies that never end are real
	startTimeout  = 30 * time.Second // all attempts of a call at the start
	mostBackoff   = 5 * time.Second
	throttleSleep = 5 * time.Second // as the connector documents
	troubleAfter  = 5 * time.Second // a call that fails for longer is spoken of
	troubleEvery  = time.Minute
)

// backoff waits longer, jittered, with each attempt in a row that failed.
type backoff struct {
	attempts int
	jitter   *retry.ExponentialJitterBackoff
}

func newBackoff() backoff { return backoff{jitter: retry.NewExponentialJitterBackoff(mostBackoff)} }

// next returns the wait before the next attempt, at least floor.
func (b *backoff) next(floor time.Duration) time.Duration {
	wait, err := b.jitter.BackoffDelay(b.attempts, nil)
	if err != nil { // the system's source of randomness failed
		wait = mostBackoff
	}
	b.attempts++
	return max(floor, wait)
}

func (b *backoff) reset() { b.attempts = 0 }

package queue

import (
	"math/rand/v2"
	"time"
)

// The pauses of a Backoff.
const (
	FirstBackoff = 100 * time.Millisecond
	MaxBackoff   = 10 * time.Second
)

// Backoff is the pause after a failure: longer, jittered, with each attempt in a
// row that failed.
type Backoff struct{ Attempts int }

// Next counts a failed attempt and returns the pause after it.
func (b *Backoff) Next() time.Duration {
	most := MaxBackoff
	if b.Attempts < 10 {
		most = min(MaxBackoff, FirstBackoff<<b.Attempts)
	}
	b.Attempts++
	return most/2 + rand.N(most/2)
}

// Reset begins anew, after an attempt that worked.
func (b *Backoff) Reset() { b.Attempts = 0 }

package service

import (
	"math/rand/v2"
	"time"
)

// Backoff computes waits that double with each failed attempt in a row. A Backoff with only
// First and Most set is ready to use.
type Backoff struct {
	// First is the longest wait after the first failure, Most the longest wait of all.
	First, Most time.Duration
	// Wide draws each wait from 0 to the whole step; once the step reaches Most, the wait is
	// Most. Without Wide a wait is at least half of its step.
	Wide bool

	attempts int
}

// Next returns the wait before the next attempt, with jitter.
func (b *Backoff) Next() time.Duration {
	step := b.Most
	if b.attempts < 10 {
		step = min(b.Most, b.First<<b.attempts)
	}
	b.attempts++
	switch {
	case !b.Wide:
		return step/2 + rand.N(step/2)
	case step == b.Most:
		return step
	}
	return rand.N(step)
}

// Attempts returns the number of calls of Next since the last Reset: the failed attempts in a
// row.
func (b *Backoff) Attempts() int { return b.attempts }

// Reset notes that an attempt succeeded.
func (b *Backoff) Reset() { b.attempts = 0 }

package service

import (
	"math/rand/v2"
	"time"
)

// Backoff waits longer with each attempt in a row that failed. Its zero value with a
// First and a Most is ready.
type Backoff struct {
	First, Most time.Duration // of the wait after the first failure, and of any
	// Wide draws a wait from 0 to the whole step, and waits Most once steps are longer.
	// Else a wait is at least half of its step.
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

// Attempts is how many attempts in a row have failed.
func (b *Backoff) Attempts() int { return b.attempts }

// Reset notes that an attempt passed.
func (b *Backoff) Reset() { b.attempts = 0 }

package writer

import (
	"context"
	"math"
	"time"

	"golang.org/x/time/rate"

	"kin/internal/service"
)

// rates slow the intake down: so many records or bytes a second over all
// shards, and as far apart as the records once arrived.
type rates struct {
	records, bytes *rate.Limiter // nil is no limit
	pace           float64

	began   time.Time // when the first record with an arrival came
	arrival time.Time // its arrival
}

// burstFor is the part of a second that a rate allows at once.
const burstFor = 10

func newRates(o Options) rates {
	r := rates{pace: o.Pace}
	if o.RecordRate > 0 {
		r.records = newLimiter(o.RecordRate)
	}
	if o.ByteRate > 0 {
		r.bytes = newLimiter(o.ByteRate)
	}
	return r
}

func newLimiter(perSecond float64) *rate.Limiter {
	const most = 1 << 30 // and no rate is too large for an int
	return rate.NewLimiter(rate.Limit(perSecond), int(max(1, min(perSecond/burstFor, most))))
}

// divided is d divided by a factor, or the longest duration if that is longer.
func divided(d time.Duration, by float64) time.Duration {
	switch f := float64(d) / by; {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	default:
		return time.Duration(f)
	}
}

// wait returns when r may go on, or with the cause of ctx.
func (w *rates) wait(ctx context.Context, r Record) error {
	now := time.Now()
	until := now
	if w.pace > 0 && !r.Arrival.IsZero() {
		if w.began.IsZero() {
			w.began, w.arrival = now, r.Arrival
		}
		until = w.began.Add(divided(r.Arrival.Sub(w.arrival), w.pace))
	}
	until = later(until, reserve(w.records, now, 1))
	until = later(until, reserve(w.bytes, now, len(r.Data)+len(r.PartitionKey)+len(r.ExplicitHashKey)))
	if d := until.Sub(now); d > 0 {
		return service.Sleep(ctx, d)
	}
	return nil
}

// reserve takes n tokens, however many more that are than the burst, and
// returns when they are there.
func reserve(l *rate.Limiter, now time.Time, n int) time.Time {
	at := now
	if l == nil {
		return at
	}
	for ; n > 0; n -= l.Burst() {
		at = now.Add(l.ReserveN(now, min(n, l.Burst())).DelayFrom(now))
	}
	return at
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

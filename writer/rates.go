package writer

import (
	"context"
	"math"
	"time"

	"golang.org/x/time/rate"

	"kin/internal/service"
)

// rates slow the intake down to a number of records and bytes per second. With a pace they
// also reproduce the pauses between the records' arrival times.
type rates struct {
	records, bytes *rate.Limiter // nil is no limit
	pace           float64

	began   time.Time // when the first record with an arrival time came
	arrival time.Time // the arrival time of that record
}

// burstFor is the divisor of a rate that gives its burst: a tenth of a second's worth.
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
	const most = 1 << 30 // so that no rate overflows an int
	return rate.NewLimiter(rate.Limit(perSecond), int(max(1, min(perSecond/burstFor, most))))
}

// divided returns d divided by a factor, limited to the range of time.Duration.
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

// wait returns when r may be sent on. It returns the cause of ctx if ctx ends first.
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

// reserve takes n tokens and returns when they are available. n may exceed the burst. A nil
// limiter has no limit.
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

package writer

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// rates hold the intake back: so many records or bytes a second over all
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
		r.records = rate.NewLimiter(rate.Limit(o.RecordRate), max(1, int(o.RecordRate/burstFor)))
	}
	if o.ByteRate > 0 {
		r.bytes = rate.NewLimiter(rate.Limit(o.ByteRate), max(1, int(o.ByteRate/burstFor)))
	}
	return r
}

// wait returns when r may go on, or with the cause of ctx.
func (w *rates) wait(ctx context.Context, r Record) error {
	now := time.Now()
	until := now
	if w.pace > 0 && !r.Arrival.IsZero() {
		if w.began.IsZero() {
			w.began, w.arrival = now, r.Arrival
		}
		until = w.began.Add(time.Duration(float64(r.Arrival.Sub(w.arrival)) / w.pace))
	}
	until = later(until, reserve(w.records, now, 1))
	until = later(until, reserve(w.bytes, now, len(r.Data)+len(r.PartitionKey)+len(r.ExplicitHashKey)))
	if d := until.Sub(now); d > 0 {
		return sleep(ctx, d)
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

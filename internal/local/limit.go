package local

import (
	"math"
	"time"
)

// meter is a rate limiter for one limit of a shard, stream or account. The lock of its owner
// guards it. The zero meter has no limit.
//
// With LimitsOn it is a token bucket, which holds up to capacity and refills at rate per second.
// With LimitsWindow it has fixed windows: it allows rate in each second of the clock. If one
// call takes more, the excess counts in the next windows. In both modes an amount larger than
// the capacity is allowed if nothing else was used, and then delays later calls. An example is
// a 10 MiB record on a shard with 1 MiB a second.
type meter struct {
	limits   Limits
	capacity float64
	rate     float64

	at   int64   // ns: when used was last updated
	used float64 // bucket: capacity minus tokens; window: used in this window
}

func newMeter(limits Limits, capacity, rate float64) meter {
	return meter{limits: limits, capacity: capacity, rate: rate}
}

const second = 1_000_000_000

// fits reports whether n may be taken now. now is in nanoseconds.
func (m *meter) fits(now int64, n float64) bool {
	switch m.limits {
	case LimitsOn:
		if now > m.at {
			m.used = max(0, m.used-m.rate*float64(now-m.at)/second)
			m.at = now
		}
		return m.used+min(n, m.capacity) <= m.capacity
	case LimitsWindow:
		window := now - now%second
		if window > m.at {
			m.used = max(0, m.used-m.rate*float64((window-m.at)/second))
			m.at = window
		}
		return m.used == 0 || m.used+n <= m.rate
	}
	return true
}

// wait returns how long it takes until n fits. Call it after fits returned false.
func (m *meter) wait(now int64, n float64) time.Duration {
	if m.limits == LimitsWindow {
		windows := max(1, math.Ceil(min(m.used, m.used+n-m.rate)/m.rate))
		return time.Duration(int64(windows)*second - now%second)
	}
	return time.Duration(math.Ceil((m.used + min(n, m.capacity) - m.capacity) / m.rate * second))
}

// take uses n. Call it after fits returned true.
func (m *meter) take(n float64) { m.used += n }

// allow takes n if it fits, and reports whether it did.
func (m *meter) allow(now int64, n float64) bool {
	if !m.fits(now, n) {
		return false
	}
	m.take(n)
	return true
}

// shardMeters has the limits of one shard (API documentation of GetRecords, GetShardIterator
// and PutRecords).
type shardMeters struct {
	reads      meter // GetRecords calls
	readBytes  meter
	writes     meter // records put
	writeBytes meter
	iterators  meter // GetShardIterator calls
}

const mib = 1 << 20

func newShardMeters(l Limits) shardMeters {
	return shardMeters{
		reads:      newMeter(l, 5, 5),
		readBytes:  newMeter(l, 10*mib, 2*mib),
		writes:     newMeter(l, 1000, 1000),
		writeBytes: newMeter(l, mib, mib),
		iterators:  newMeter(l, 5, 5),
	}
}

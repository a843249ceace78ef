package queue

import (
	"time"

	"golang.org/x/time/rate"
)

// The service's limits of a shard, and how its queue follows them. The burst is
// half of what a shard takes at once: the other half is room for requests that
// arrive later than they were sent. What is sent comes in pieces of a tenth of
// a second, at ticks that all shards share, so that the pieces of several
// shards fill one request.
const (
	ShardRecords = 1000    // a second
	ShardBytes   = 1 << 20 // a second
	burstRecords = ShardRecords / 2
	burstBytes   = ShardBytes / 2
	pieceRecords = ShardRecords / 10
	pieceBytes   = ShardBytes / 10
	tick         = 50 * time.Millisecond
)

// tokenError is what is forgiven of a token, which is a fraction.
const tokenError = 1e-6

// shardLimits are the tokens of one shard. nil is no limit.
type shardLimits struct{ records, bytes *rate.Limiter }

func newShardLimits() *shardLimits {
	return &shardLimits{rate.NewLimiter(ShardRecords, burstRecords), rate.NewLimiter(ShardBytes, burstBytes)}
}

// opens is when there are tokens for a piece worth sending of what waits, whose
// first record counts first bytes. Later times are ticks since began.
func (l *shardLimits) opens(now, began time.Time, waiting load, first int) time.Time {
	if l == nil {
		return now
	}
	records := float64(min(waiting.records, pieceRecords)) - l.records.TokensAt(now)
	bytes := float64(max(min(waiting.bytes, pieceBytes), min(first, burstBytes))) - l.bytes.TokensAt(now)
	missing := max(records/ShardRecords, bytes/ShardBytes)
	if missing <= tokenError {
		return now
	}
	at := now.Add(time.Duration(missing * float64(time.Second))).Sub(began)
	return began.Add((at + tick - 1).Truncate(tick))
}

// allowance is what may be sent to a shard now.
type allowance struct {
	limited   bool
	records   int
	bytes     int
	used      int
	usedBytes int
}

func (l *shardLimits) allows(now time.Time) allowance {
	if l == nil {
		return allowance{}
	}
	return allowance{limited: true, records: int(l.records.TokensAt(now) + tokenError), bytes: int(l.bytes.TokensAt(now))}
}

// take uses the allowance for one entry of a request, if it is enough. It is
// for the first: the shard would not be open otherwise.
func (a *allowance) take(size int) bool {
	if a.limited && a.used > 0 && (a.used >= a.records || a.usedBytes+size > a.bytes) {
		return false
	}
	a.used++
	a.usedBytes += size
	return true
}

// spend takes what was used of an allowance from the tokens. A record that is
// larger than the burst leaves a debt.
func (l *shardLimits) spend(now time.Time, a allowance) {
	if l == nil {
		return
	}
	l.records.ReserveN(now, a.used)
	for left := a.usedBytes; left > 0; left -= burstBytes {
		l.bytes.ReserveN(now, min(left, burstBytes))
	}
}

// drain empties the tokens for records: the shard has none left.
func (l *shardLimits) drain(now time.Time) {
	if l == nil {
		return
	}
	if n := int(l.records.TokensAt(now)); n > 0 {
		l.records.ReserveN(now, n)
	}
}

// load is how much waits.
type load struct{ keys, records, bytes int }

func (l *load) add(o load) {
	l.keys, l.records, l.bytes = l.keys+o.keys, l.records+o.records, l.bytes+o.bytes
}

func (l *load) sub(o load) {
	l.keys, l.records, l.bytes = l.keys-o.keys, l.records-o.records, l.bytes-o.bytes
}

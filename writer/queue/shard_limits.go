package queue

import (
	"time"

	"golang.org/x/time/rate"
)

// Write limits of a shard, and how its queue keeps to them. The burst is half of what a
// shard accepts at once, because requests may arrive later than they were sent. Records are
// sent in pieces of a tenth of a second. All shards send at the same ticks, so that pieces
// for several shards share a request.
const (
	ShardRecords = 1000    // per second
	ShardBytes   = 1 << 20 // per second
	burstRecords = ShardRecords / 2
	burstBytes   = ShardBytes / 2
	pieceRecords = ShardRecords / 10
	pieceBytes   = ShardBytes / 10
	tick         = 50 * time.Millisecond
)

// tokenError is the tolerance for rounding errors when tokens are counted.
const tokenError = 1e-6

// shardLimits are the token buckets of one shard. nil means no limit.
type shardLimits struct{ records, bytes *rate.Limiter }

func newShardLimits() *shardLimits {
	return &shardLimits{rate.NewLimiter(ShardRecords, burstRecords), rate.NewLimiter(ShardBytes, burstBytes)}
}

// opens returns when there are enough tokens to send a piece of waiting. first is the size
// of the first record in bytes. Later times are ticks counted from began.
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

// allowance is what may be sent to a shard now, and what of it was used.
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

// take uses the allowance for one entry of a request, if it suffices. It always suffices
// for the first entry, because the queue is open.
func (a *allowance) take(size int) bool {
	if a.limited && a.used > 0 && (a.used >= a.records || a.usedBytes+size > a.bytes) {
		return false
	}
	a.used++
	a.usedBytes += size
	return true
}

// spend removes the used part of an allowance from the tokens. A record larger than the
// burst leaves a debt.
func (l *shardLimits) spend(now time.Time, a allowance) {
	if l == nil {
		return
	}
	l.records.ReserveN(now, a.used)
	for left := a.usedBytes; left > 0; left -= burstBytes {
		l.bytes.ReserveN(now, min(left, burstBytes))
	}
}

// drain removes all record tokens, because the shard is throttled.
func (l *shardLimits) drain(now time.Time) {
	if l == nil {
		return
	}
	if n := int(l.records.TokensAt(now)); n > 0 {
		l.records.ReserveN(now, n)
	}
}

// load is an amount of waiting keys, records and bytes.
type load struct{ keys, records, bytes int }

func (l *load) add(o load) {
	l.keys, l.records, l.bytes = l.keys+o.keys, l.records+o.records, l.bytes+o.bytes
}

func (l *load) sub(o load) {
	l.keys, l.records, l.bytes = l.keys-o.keys, l.records-o.records, l.bytes-o.bytes
}

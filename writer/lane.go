package writer

import (
	"time"

	"golang.org/x/time/rate"
)

// The service's limits of a shard, and how a lane follows them. The burst is
// half of what a shard takes at once: the other half is room for requests that
// arrive later than they were sent. What is sent comes in pieces of a tenth of
// a second, at ticks that all lanes share, so that the pieces of several
// shards fill one request.
const (
	shardRecords = 1000    // a second
	shardBytes   = 1 << 20 // a second
	burstRecords = shardRecords / 2
	burstBytes   = shardBytes / 2
	pieceRecords = shardRecords / 10
	pieceBytes   = shardBytes / 10
	tick         = 50 * time.Millisecond
)

// lane is the queue in front of one shard, as far as it can be known which
// shard a record goes to. It waits by itself when the shard refuses records or
// has its fill, and the other lanes go on.
type lane struct {
	shardID string // empty when it is not known

	in      *laneHeap  // of the schedule; nil when no key is in line
	at      int        // its place there
	opensAt time.Time  // not before that
	turn    int        // when it was taken last
	counted laneCounts // what the schedule counts of it while it is open

	retries []*keyQueue // keys whose first record failed: they go before the others
	ready   []*keyQueue // the other keys with records that may be sent now
	records int         // of all those keys
	bytes   int
	oldest  time.Time // about when the first of those records was read

	wait    backoff
	failed  time.Time     // when that was counted last
	flying  int           // requests with records of the lane
	until   time.Time     // the lane is closed until then
	tokens  *rate.Limiter // records; nil is no limit
	byteTok *rate.Limiter
}

func newLane(shardID string, shaped bool) *lane {
	l := &lane{shardID: shardID}
	if shaped {
		l.tokens = rate.NewLimiter(shardRecords, burstRecords)
		l.byteTok = rate.NewLimiter(shardBytes, burstBytes)
	}
	return l
}

// add puts a key with records in line, behind the others so that each key has
// its turn.
func (l *lane) add(k *keyQueue) {
	k.ready = true
	if first := k.entries[0].arrived; l.empty() || first.Before(l.oldest) {
		l.oldest = first
	}
	if k.entries[0].sent.IsZero() {
		l.ready = append(l.ready, k)
	} else {
		l.retries = append(l.retries, k)
	}
	l.records += len(k.entries)
	l.bytes += k.bytes
}

// counts is what is in line.
func (l *lane) counts() laneCounts {
	return laneCounts{len(l.retries) + len(l.ready), l.records, l.bytes}
}

// empty says whether no key is in line.
func (l *lane) empty() bool { return len(l.retries)+len(l.ready) == 0 }

// line is the keys of which the first is next.
func (l *lane) line() *[]*keyQueue {
	if len(l.retries) > 0 {
		return &l.retries
	}
	return &l.ready
}

// first is the key that is next.
func (l *lane) first() *keyQueue { return (*l.line())[0] }

// grow counts a record that was pushed on a key in line.
func (l *lane) grow(e *entry) {
	l.records++
	l.bytes += e.size
}

// takeFirst takes the first key out of line.
func (l *lane) takeFirst() *keyQueue {
	line := l.line()
	k := (*line)[0]
	(*line)[0] = nil
	*line = (*line)[1:]
	k.ready = false
	l.records -= len(k.entries)
	l.bytes -= k.bytes
	return k
}

// opens is when records of the lane may be sent: after a failure, when the
// shard has rested; else when there are tokens for a piece worth sending.
func (l *lane) opens(now, began time.Time) time.Time {
	if now.Before(l.until) {
		return l.until
	}
	if l.wait.attempts > 0 && l.flying > 0 {
		return now.Add(callTimeout) // one request finds out, and wakes the others
	}
	if l.tokens == nil {
		return now
	}
	records := float64(min(l.records, pieceRecords)) - l.tokens.TokensAt(now)
	first := l.first().entries[0].size
	bytes := float64(max(min(l.bytes, pieceBytes), min(first, burstBytes))) - l.byteTok.TokensAt(now)
	missing := max(records/shardRecords, bytes/shardBytes)
	if missing <= tokenError {
		return now
	}
	at := now.Add(time.Duration(missing * float64(time.Second))).Sub(began)
	return began.Add((at + tick - 1).Truncate(tick))
}

// tokenError is what is forgiven of a token, which is a fraction.
const tokenError = 1e-6

// allowance is what may be sent of a lane now.
type allowance struct {
	shaped    bool
	records   int
	bytes     int
	used      int
	usedBytes int
}

func (l *lane) allows(now time.Time) allowance {
	if l.tokens == nil {
		return allowance{}
	}
	return allowance{shaped: true, records: int(l.tokens.TokensAt(now) + tokenError), bytes: int(l.byteTok.TokensAt(now))}
}

// take uses the allowance for one entry of a request, if it is enough. It is
// for the first: the lane would not be open otherwise.
func (a *allowance) take(size int) bool {
	if a.shaped && a.used > 0 && (a.used >= a.records || a.usedBytes+size > a.bytes) {
		return false
	}
	a.used++
	a.usedBytes += size
	return true
}

// spend takes what was used of an allowance from the tokens. A record that is
// larger than the burst leaves a debt.
func (l *lane) spend(now time.Time, a allowance) {
	if l.tokens == nil {
		return
	}
	l.tokens.ReserveN(now, a.used)
	for left := a.usedBytes; left > 0; left -= burstBytes {
		l.byteTok.ReserveN(now, min(left, burstBytes))
	}
}

// drain empties the tokens: the shard has none left.
func (l *lane) drain(now time.Time) {
	if l.tokens == nil {
		return
	}
	if n := int(l.tokens.TokensAt(now)); n > 0 {
		l.tokens.ReserveN(now, n)
	}
}

// fail closes the lane for a while, because of a request that was sent at a
// time. worked says that some of the request was written to the lane all the
// same, which begins the waits anew; most bounds the wait. Requests that were
// in flight together fail of one cause, which counts once.
func (l *lane) fail(sent, now time.Time, worked bool, most time.Duration) time.Duration {
	if sent.Before(l.failed) {
		return l.until.Sub(now)
	}
	l.failed = now
	if worked {
		l.wait.reset()
	}
	pause := min(l.wait.next(), most)
	l.until = now.Add(pause)
	return pause
}

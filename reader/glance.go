package reader

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
)

// glance is one fetch of one shard at the position that a run has for it. It
// is thrown away: the position does not move.
//
// A child that waits for its parents is glanced at like any other shard: its
// position, TRIM_HORIZON or a time, is known before it may be read, and the
// first record there is the oldest of its own data. So one GetRecords tells, and
// its parents are not asked twice.
type glance struct {
	stream *streamRun
	shard  *lineage.Shard
	at     checkpoint.Shard // of the report; the lineage's may be moved on
	state  ShardState

	next    time.Time // when the shard may be fetched again
	heard   time.Time // when the answer came, by this process's clock
	behind  int64     // MillisBehindLatest of the answer
	arrival time.Time // of the record that it holds; zero without one
}

func (g *glance) key() shardKey { return shardKey{g.stream.ref.Name, g.shard.ID} }

// fetch makes the one fetch, not before due.
func (g *glance) fetch(ctx context.Context, due time.Time, sizes *answerSizes) error {
	s := g.stream
	a := newAssignment(s, g.shard.ID, g.shard.At)
	if a.IsTrimmed(a.begin) {
		// A source would find that out by asking, and ask again. What is left came
		// later than what was trimmed.
		a.begin = Oldest()
	}
	p := newPolling(a)
	p.due = due
	room := &glanceRoom{buf: s.run.buf, sizes: sizes}
	resp, err := p.Next(ctx, room)
	if err != nil {
		return err
	}
	g.heard, g.next = time.Now(), p.due
	sizes.saw(p.pace.size)
	room.Return(resp.Taken)
	g.behind = aws.ToInt64(resp.MillisBehindLatest)
	if len(resp.Records) > 0 {
		g.arrival = aws.ToTime(resp.Records[0].ApproximateArrivalTimestamp)
	}
	return nil
}

// answerSizes is how large the answers of looks have been: a source learns that
// of its own shard, and a glance has none but its one.
type answerSizes struct {
	mu      sync.Mutex
	largest int64 // bytes
	known   bool
}

func (a *answerSizes) saw(size int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.largest, a.known = max(a.largest, size), true
}

// room is what one more answer takes while it is received and taken apart: a
// good deal until one has been seen.
func (a *answerSizes) room() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.known {
		return looksAtOnce / 4 * leastReservation
	}
	return max(leastReservation, 2*inFlight*a.largest)
}

// glanceRoom is the room of one glance.
type glanceRoom struct {
	buf   *buffer
	sizes *answerSizes
	taken int64
}

// Take waits for room as large as the answers so far.
func (r *glanceRoom) Take(ctx context.Context, _ int64) error {
	r.taken = r.sizes.room()
	return r.buf.Take(ctx, r.taken)
}

// Return gives it back.
func (r *glanceRoom) Return(int64) { r.buf.Return(r.taken) }

// look is what the glance saw.
func (g *glance) look(clock *serverClock) ShardLook {
	sl := ShardLook{ShardID: g.shard.ID, State: g.state, Parents: g.shard.Parents, Position: g.at}
	if g.state == Done {
		return sl
	}
	sl.MillisBehindLatest = max(g.behind, 0)
	if !g.arrival.IsZero() {
		// MillisBehindLatest of a page is counted from behind its records, so that
		// it is 0 where the page has the only record that is unread.
		sl.MillisBehindLatest = max(g.behind, clock.at(g.heard).Sub(g.arrival).Milliseconds(), 1)
	}
	return sl
}

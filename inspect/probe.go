package inspect

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/semaphore"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/reader"
)

type shardKey struct{ stream, shard string }

// probe is one fetch of one shard at the position that a run has for it. It
// is thrown away: the position does not move.
//
// A child that waits for its parents is probed like any other shard: its
// position, TRIM_HORIZON or a time, is known before it may be read, and the
// first record there is the oldest of its own data. So one GetRecords is enough, and
// its parents are not asked twice.
type probe struct {
	stream  *reader.Stream
	name    string // of the stream
	shard   string
	parents []string
	begin   checkpoint.Shard // where a run begins
	at      checkpoint.Shard // of the report; a run may begin behind it
	state   ShardState

	next     time.Time // when the shard may be fetched again
	answered time.Time // when the answer came, by this process's clock
	behind   int64     // MillisBehindLatest of the answer
	arrival  time.Time // of the record that it holds; zero without one
}

func (p *probe) key() shardKey { return shardKey{p.name, p.shard} }

// probes are those of every shard that is not outside the run, by stream and ID.
func probes(streams *reader.Opening) (all []*probe) {
	for _, s := range streams.Streams {
		of := s.View()
		for _, shard := range of.Tree.Sorted() {
			p := &probe{stream: s, name: of.Name, shard: shard.ID, parents: shard.Parents, begin: shard.At, at: shard.At, state: WaitingForParent}
			if saved, known := of.Placement.Saved[shard.ID]; known {
				p.at = saved // the guard may have moved on from it
			}
			switch {
			case shard.State == lineage.Outside:
				continue
			case shard.State == lineage.Ended:
				p.state = Done
			case of.Tree.IsReady(shard):
				p.state = Reading
			}
			all = append(all, p)
		}
	}
	return all
}

// byStream has the probes of each stream that need a call.
func byStream(all []*probe) map[*reader.Stream][]*probe {
	found := map[*reader.Stream][]*probe{}
	for _, p := range all {
		if p.state != Done {
			found[p.stream] = append(found[p.stream], p)
		}
	}
	return found
}

// fetch makes the one fetch, not before due.
func (p *probe) fetch(ctx context.Context, due time.Time, budget *probeBudget) error {
	share := &probeShare{probeBudget: budget}
	got, err := p.stream.Probe(ctx, p.shard, p.begin, due, share)
	if err != nil {
		return err
	}
	p.answered, p.next = time.Now(), got.Next
	budget.sizes.add(got.Bytes)
	share.Return(got.Taken)
	p.behind = got.MillisBehindLatest
	if len(got.Records) > 0 {
		p.arrival = aws.ToTime(got.Records[0].ApproximateArrivalTimestamp)
	}
	return nil
}

// look is what the probe saw.
func (p *probe) look(clock *serverClock) ShardLook {
	sl := ShardLook{ShardID: p.shard, State: p.state, Parents: p.parents, Position: p.at}
	if p.state == Done {
		return sl
	}
	sl.MillisBehindLatest = max(p.behind, 0)
	if !p.arrival.IsZero() {
		// MillisBehindLatest of a page is counted from behind its records, so that
		// it is 0 where the page has the only record that is unread.
		sl.MillisBehindLatest = max(p.behind, clock.at(p.answered).Sub(p.arrival).Milliseconds(), 1)
	}
	return sl
}

// answerSizes is how large the answers of looks have been: a source learns that
// of its own shard, and a probe has none but its one.
type answerSizes struct {
	mu      sync.Mutex // guards the following
	largest int64      // bytes
	known   bool
}

func (a *answerSizes) add(size int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.largest, a.known = max(a.largest, size), true
}

// reservation is what one more answer takes while it is received and taken apart: a
// good deal until one has been seen.
func (a *answerSizes) reservation() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.known {
		return probesInFlight / 4 * reader.LeastReservation
	}
	return reader.Reservation(2 * a.largest)
}

// probesInFlight bounds the fetches of a look that are in flight; fewer are where
// records are large.
const probesInFlight = 32

// probeBuffer is how many bytes the answers of a look may take in all.
const probeBuffer = probesInFlight * reader.LeastReservation

// probeBudget bounds the memory of all probes of a look.
type probeBudget struct {
	free  *semaphore.Weighted
	sizes *answerSizes
}

// probeShare is the part of the budget that one probe has.
type probeShare struct {
	*probeBudget
	taken int64
}

// Take waits for room as large as the answers so far. One that is larger than all
// the room takes all of it.
func (r *probeShare) Take(ctx context.Context, _ int64) error {
	taken := min(r.sizes.reservation(), probeBuffer)
	if err := r.free.Acquire(ctx, taken); err != nil {
		return context.Cause(ctx)
	}
	r.taken = taken
	return nil
}

// Return gives back what Take took, once.
func (r *probeShare) Return(int64) {
	r.free.Release(r.taken)
	r.taken = 0
}

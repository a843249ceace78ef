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

// probe is one fetch of one shard at the position that a run has for it. The position does not
// move.
//
// A child that waits for its parents is probed like any other shard. Its position, TRIM_HORIZON or
// a time, is known before a run may read it, and the first record there is its oldest. So one
// GetRecords is enough, and its parents are not fetched twice.
type probe struct {
	stream  *reader.Stream
	name    string // of the stream
	shard   string
	parents []string
	begin   checkpoint.Shard // where a run begins
	at      checkpoint.Shard // the reported position; a run may begin after it
	state   ShardState

	next     time.Time // when the shard may be fetched again
	answered time.Time // when the answer was received, by this process's clock
	behind   int64     // MillisBehindLatest of the answer
	arrival  time.Time // of the answer's record; zero without one
}

func (p *probe) key() shardKey { return shardKey{p.name, p.shard} }

// probes returns a probe for every shard that is not outside of the run, by stream and shard ID.
func probes(streams *reader.Opening) (all []*probe) {
	for _, s := range streams.Streams {
		of := s.View()
		for _, shard := range of.Tree.Sorted() {
			p := &probe{stream: s, name: of.Name, shard: shard.ID, parents: shard.Parents, begin: shard.At, at: shard.At, state: WaitingForParent}
			if saved, known := of.Placement.Saved[shard.ID]; known {
				p.at = saved // the reader's guard may have moved the begin
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

// byStream returns the probes of each stream that need a fetch.
func byStream(all []*probe) map[*reader.Stream][]*probe {
	found := map[*reader.Stream][]*probe{}
	for _, p := range all {
		if p.state != Done {
			found[p.stream] = append(found[p.stream], p)
		}
	}
	return found
}

// fetch fetches the shard once, not before due.
func (p *probe) fetch(ctx context.Context, due time.Time, budget *probeBudget) error {
	share := &probeShare{probeBudget: budget}
	got, err := p.stream.Probe(ctx, p.shard, p.begin, due, share)
	if err != nil {
		return err
	}
	p.answered, p.next = time.Now(), got.Next
	budget.sizes.add(got.Bytes)
	share.Release(got.Reserved)
	p.behind = got.MillisBehindLatest
	if len(got.Records) > 0 {
		p.arrival = aws.ToTime(got.Records[0].ApproximateArrivalTimestamp)
	}
	return nil
}

// report returns the lag and the state of the shard.
func (p *probe) report(clock *serverClock) ShardReport {
	r := ShardReport{ShardID: p.shard, State: p.state, Parents: p.parents, Position: p.at}
	if p.state == Done {
		return r
	}
	r.MillisBehindLatest = max(p.behind, 0)
	if !p.arrival.IsZero() {
		// MillisBehindLatest of an answer counts from after its records. It is 0 if the answer has
		// the only unread record.
		r.MillisBehindLatest = max(p.behind, clock.at(p.answered).Sub(p.arrival).Milliseconds(), 1)
	}
	return r
}

// answerSizes is the size of the answers so far, over all probes. A source learns it from its own
// shard, but a probe has only one answer.
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

// reservation is the number of bytes for one more answer while it is received and decoded. It is
// large until the first answer.
func (a *answerSizes) reservation() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.known {
		return probesInFlight / 4 * reader.LeastReservation
	}
	return reader.Reservation(2 * a.largest)
}

// probesInFlight limits the concurrent fetches of a measurement. Large records reduce their number.
const probesInFlight = 32

// probeBuffer limits the bytes of all answers of a measurement in memory.
const probeBuffer = probesInFlight * reader.LeastReservation

// probeBudget limits the memory of all probes of a measurement.
type probeBudget struct {
	free  *semaphore.Weighted
	sizes *answerSizes
}

// probeShare is the part of the budget that one probe has.
type probeShare struct {
	*probeBudget
	reserved int64
}

// Reserve waits for as many bytes as the largest answer so far needs, or for the whole budget if
// that is less.
func (r *probeShare) Reserve(ctx context.Context, _ int64) error {
	reserved := min(r.sizes.reservation(), probeBuffer)
	if err := r.free.Acquire(ctx, reserved); err != nil {
		return context.Cause(ctx)
	}
	r.reserved = reserved
	return nil
}

// Release releases what Reserve reserved, once.
func (r *probeShare) Release(int64) {
	r.free.Release(r.reserved)
	r.reserved = 0
}

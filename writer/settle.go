package writer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/apierror"
)

// settle takes the answer to a request, or what came instead of one. What is
// not written goes back to the front of its key's queue.
func (d *dispatcher) settle(ctx context.Context, r *request, out *kinesis.PutRecordsOutput, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	d.inFlight--
	d.flying -= r.doubtful
	if err != nil {
		d.settleNone(ctx, r, err, now)
	} else {
		d.settleEach(ctx, r, out.Records, now)
	}
	for _, k := range r.keys {
		k.inFlight, k.flying = false, 0
		switch {
		case len(k.entries) > 0:
			d.lineUp(k)
		default:
			delete(d.keys, k.name)
		}
	}
	for _, l := range r.lanes {
		l.flying--
		d.lanes.again(l)
	}
	r.reset()
	d.free = append(d.free, r)
	signal(d.changed)
	signal(d.room)
}

// settleNone is for a request without results: all of it failed.
func (d *dispatcher) settleNone(ctx context.Context, r *request, err error, now time.Time) {
	v := classify(err)
	if v == refused && d.shrink(ctx, r) {
		d.putBack(r, nil)
		return
	}
	if d.stopped != nil && errors.Is(err, context.Canceled) && !apierror.IsUnsent(err) {
		v = unsure // given up by us
	}
	failed := failure{verdict: v, cause: err, failed: r.parcels}
	d.recheck = d.recheck || codeOf(err) == codeInUse
	switch v {
	case again, unsure:
		d.settleFailed(r, &failed, now)
		if !r.sent.Before(d.lineFailed) { // those in flight together fail of one cause
			d.lineFailed = now
			d.lineUntil = now.Add(min(d.line.next(), failed.remaining))
		}
		d.o.Log.DebugContext(ctx, "request failed", "stream", d.o.Stream, "records", len(r.parcels), "attempt", d.line.attempts, "wait", d.lineUntil.Sub(now), "error", err)
	case refused:
		if d.suspects(err) {
			d.singleOut(r, err)
			return
		}
		d.putBack(r, nil)
		d.stop(&CallError{"PutRecords", d.o.Stream, err, r.first(), r.last()})
	default:
		d.putBack(r, nil)
		d.stop(&CallError{Call: "PutRecords", Stream: d.o.Stream, Err: err})
	}
}

// first is the lowest number of a record in the request.
func (r *request) first() int64 {
	return slices.MinFunc(r.entries, byNumber).number
}

// last is the highest number of a record in the request.
func (r *request) last() (number int64) {
	for _, e := range r.entries {
		number = max(number, e.number)
	}
	return number
}

// failure is what failed of a request, and of what.
type failure struct {
	verdict   verdict
	cause     error
	failed    []parcel
	remaining time.Duration // until the time of the first of its records is over
}

// settleEach is for a request with a result for each of its entries.
func (d *dispatcher) settleEach(ctx context.Context, r *request, results []types.PutRecordsResultEntry, now time.Time) {
	d.line.reset()
	var f failure
	worked := map[*lane]bool{}
	drained := map[*lane]bool{}
	for i := range r.parcels {
		p, result := &r.parcels[i], &results[i]
		why := outcome(result)
		if why == nil {
			worked[p.lane] = true
			d.settleWritten(r, p, *result.ShardId, *result.SequenceNumber)
			continue
		}
		suspect := d.suspects(why)
		if suspect && len(p.of(r)) == 1 {
			d.giveUpRefused(r.entries[p.from], why)
			continue
		}
		f.failed = append(f.failed, *p)
		if f.cause == nil {
			f.cause = why
		}
		// An entry is not the request: what passes for one entry and not for
		// another may pass later, unless its code says that it will not.
		named, ok := why.(*entryError) //nolint:errorlint // outcome returns it as it is
		if !ok {
			for _, e := range p.of(r) {
				d.doubt(e)
			}
			continue
		}
		switch code, known := byCode(named.code); {
		case suspect: // one of several
			for _, e := range p.of(r) {
				e.suspect = true
			}
		case known && code != again && code != unsure:
			f.verdict, f.cause = code, why
		case named.code == codeThroughput:
			drained[p.lane] = true
		case named.code == codeInUse:
			d.recheck = true
		}
	}
	if len(f.failed) == 0 {
		for l := range worked {
			l.wait.reset()
		}
		return
	}
	if f.verdict != again {
		d.putBack(r, f.failed)
		d.stop(&CallError{Call: "PutRecords", Stream: d.o.Stream, Err: f.cause})
		return
	}
	d.settleFailed(r, &f, now)
	failed := map[*lane]bool{}
	for i := range f.failed {
		failed[f.failed[i].lane] = true
	}
	for l := range worked {
		if !failed[l] {
			l.wait.reset()
		}
	}
	for l := range failed {
		if drained[l] {
			l.drain(now)
		}
		pause := l.fail(r.sent, now, worked[l], f.remaining)
		d.o.Log.DebugContext(ctx, "records failed", "stream", d.o.Stream, "shard", l.shardID, "records", len(f.failed), "of", len(r.parcels),
			"attempt", l.wait.attempts, "wait", pause, "error", f.cause)
	}
}

// settleWritten is for a parcel that the service acknowledged.
func (d *dispatcher) settleWritten(r *request, p *parcel, shard, sequence string) {
	at := d.shard(shard)
	entries := p.of(r)
	d.refusals = 0
	if !d.recheck {
		d.shards.rechecks = 0
	}
	if p.lane.shardID != shard {
		d.shards.hold(entries[0], shard)
	}
	for i, e := range entries {
		d.summary.Written++
		d.summary.Bytes += int64(len(e.Data))
		at.count(e)
		at.Written++
		at.Bytes += int64(len(e.Data))
		result := Result{Record: e.number, ShardID: shard, SequenceNumber: sequence}
		if len(entries) > 1 {
			sub := i
			result.SubSequenceNumber = &sub
		}
		d.done(e, written, result)
	}
}

// settleFailed gives up the records whose time is over and puts the others back.
func (d *dispatcher) settleFailed(r *request, f *failure, now time.Time) {
	f.remaining = d.o.RetryFor
	var over []*entry
	keep := f.failed[:0:0]
	for i := range f.failed {
		p := f.failed[i]
		entries := p.of(r)
		if f.verdict == unsure {
			for _, e := range entries {
				d.doubt(e)
			}
		}
		for _, e := range entries {
			if !e.failing {
				e.failing = true
				d.failing++
			}
		}
		if left := d.o.RetryFor - now.Sub(oldestOf(entries)); left > 0 {
			f.remaining = min(f.remaining, left)
			keep = append(keep, p)
			continue
		}
		for at, e := range entries {
			d.steps++
			if left := d.o.RetryFor - now.Sub(e.sent); left > 0 {
				f.remaining = min(f.remaining, left)
				keep = append(keep, parcel{key: p.key, lane: p.lane, from: p.from + at, to: p.from + at + 1})
				continue
			}
			over = append(over, e)
		}
	}
	d.putBack(r, keep)
	if len(over) > 0 {
		d.giveUp(over, f.cause, now)
	}
	d.troubled(now, f.cause)
}

// oldestOf is when the first of entries was sent.
func oldestOf(entries []*entry) time.Time {
	first := entries[0].sent
	for _, e := range entries[1:] {
		if e.sent.Before(first) {
			first = e.sent
		}
	}
	return first
}

// putBack puts parcels of a request in front of their keys' queues; nil is all
// of them.
func (d *dispatcher) putBack(r *request, parcels []parcel) {
	if parcels == nil {
		parcels = r.parcels
	}
	for len(parcels) > 0 {
		n := 1
		for n < len(parcels) && parcels[n].key == parcels[0].key {
			n++
		}
		var entries []*entry
		for i := range parcels[:n] {
			entries = append(entries, parcels[i].of(r)...)
		}
		parcels[0].key.back(entries)
		parcels = parcels[n:]
	}
}

// doubt notes that it is not known whether the last request with a record wrote
// it.
func (d *dispatcher) doubt(e *entry) {
	if !e.unsure() {
		d.summary.Unsure++
	}
	e.unknown++
}

// done settles a record for good.
func (d *dispatcher) done(e *entry, s state, r Result) {
	if e.failing {
		d.failing--
		if d.failing == 0 {
			d.recovered(time.Now(), s == written)
		}
	}
	if d.failing == 0 && s == written {
		d.trouble.last = nil
	}
	if e.unsure() && s == written {
		d.summary.Unsure--
	}
	d.held -= e.held
	d.outstanding--
	d.ledger.settle(e.number, s, r, d.outbox.report)
	d.summary.WrittenThrough = d.ledger.through
}

// shrink takes the refusal of a request as the smaller limit of an older
// endpoint, if it can be that, and reports whether it can.
func (d *dispatcher) shrink(ctx context.Context, r *request) bool {
	if len(r.parcels) == 1 || r.bytes <= requestBytesOfOld {
		return false
	}
	for _, e := range r.entries {
		if !e.retried {
			e.sent = time.Time{} // not a failure of the records
		}
	}
	d.o.Log.DebugContext(ctx, "endpoint refuses requests of more than 5 MiB", "stream", d.o.Stream)
	d.requestBytes = requestBytesOfOld
	return true
}

// countError is an answer that does not match its request. What became of the
// records is not known.
type countError struct {
	want int
	out  *kinesis.PutRecordsOutput
}

func (e *countError) Error() string {
	got := 0
	if e.out != nil {
		got = len(e.out.Records)
	}
	return fmt.Sprintf("the answer to %s is about %d", records(int64(e.want)), got)
}

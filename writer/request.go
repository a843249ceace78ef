package writer

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kpl"
)

// request is one PutRecords request: parcels, each one of its entries.
type request struct {
	parcels []parcel
	entries []*entry // of all parcels
	keys    []*keyQueue
	lanes   []*lane
	bytes   int
	alone   bool // it holds a suspect, and takes nothing else
	sent    time.Time
	input   []types.PutRecordsRequestEntry
	users   []kpl.Record // scratch

	doubtful int64 // records of which nothing is known while it is in flight
}

// parcel is one entry of a request: a record, or several of a key as one
// aggregate.
type parcel struct {
	key      *keyQueue
	lane     *lane // when it was sent
	from, to int   // in entries
	size     int
}

func (p *parcel) of(r *request) []*entry { return r.entries[p.from:p.to] }

// mostMisfits is how many lanes, whose next record does not fit any more, are
// tried before a request counts as full.
const mostMisfits = 16

// build takes a request's worth from the open lanes, those with the oldest
// records first. The caller holds mu.
func (d *dispatcher) build(now time.Time) *request {
	r := d.blank()
	d.taken = d.taken[:0]
	for misfits := 0; len(r.parcels) < requestRecords && misfits < mostMisfits && !r.alone; {
		l := d.lanes.next()
		if l == nil {
			break
		}
		d.taken = append(d.taken, l)
		if !d.fill(r, l, now) {
			misfits++
		}
	}
	for _, l := range d.taken {
		d.lanes.again(l)
	}
	r.sent = now
	d.inFlight++
	for _, e := range r.entries {
		if d.leaves(e, now); !e.unsure() {
			r.doubtful++
		}
	}
	d.flying += r.doubtful
	return r
}

// blank is a request without entries.
func (d *dispatcher) blank() *request {
	n := len(d.free)
	if n == 0 {
		return &request{}
	}
	r := d.free[n-1]
	d.free = d.free[:n-1]
	return r
}

// fill adds to the request what one lane may send, and reports whether that was
// anything.
func (d *dispatcher) fill(r *request, l *lane, now time.Time) bool {
	a := l.allows(now)
	begun := len(r.parcels)
	for range len(l.retries) + len(l.ready) {
		k := l.first()
		from := len(r.entries)
		retry := !k.entries[0].sent.IsZero()
		for taken := 0; taken < len(k.entries) && len(r.parcels) < requestRecords; {
			if retry && k.entries[taken].sent.IsZero() {
				break // retries go before other keys, what is new waits its turn
			}
			suspect := k.entries[taken].suspect
			n, size := d.packs(k.entries[taken:])
			if len(r.parcels) > 0 && (suspect || r.alone || r.bytes+size > d.requestBytes) || !a.take(size) {
				break
			}
			r.alone = suspect
			at := len(r.entries)
			r.entries = append(r.entries, k.entries[taken:taken+n]...)
			r.parcels = append(r.parcels, parcel{key: k, lane: l, from: at, to: at + n, size: size})
			r.bytes += size
			if taken += n; d.o.Ordered {
				break // the next one must not be in the stream when this one fails
			}
		}
		n := len(r.entries) - from
		if n == 0 {
			break
		}
		l.takeFirst()
		k.drop(n)
		k.inFlight = true
		r.keys = append(r.keys, k)
	}
	if !l.empty() {
		l.oldest = l.first().entries[0].arrived
	}
	if len(r.parcels) == begun {
		return false
	}
	l.flying++
	r.lanes = append(r.lanes, l)
	l.spend(now, a)
	return true
}

// packs returns how many of the entries of one key go into the next parcel,
// and what that counts.
func (d *dispatcher) packs(entries []*entry) (n, size int) {
	first := entries[0]
	if !d.o.Aggregate || first.suspect {
		return 1, first.size
	}
	var fit kpl.Size
	for _, e := range entries {
		next := fit.With(e.PartitionKey, e.ExplicitHashKey, len(e.Data))
		if e.ExplicitHashKey != first.ExplicitHashKey || next.Bytes() > d.aggregateBytes() {
			break
		}
		fit = next
		n++
	}
	if n < 2 {
		return 1, first.size // one record goes as it is
	}
	return n, fit.Bytes() + len(first.PartitionKey) + len(first.ExplicitHashKey)
}

// aggregateBytes is the most an aggregate may have: what the Kinesis Producer
// Library takes (AggregationMaxSize), which is far below any stream's limit.
func (d *dispatcher) aggregateBytes() int { return 51200 }

// leaves counts an entry that is sent.
func (d *dispatcher) leaves(e *entry, now time.Time) {
	if e.sent.IsZero() {
		e.sent = now
		return
	}
	if !e.retried {
		e.retried = true
		d.summary.Retried++
	}
	if e.unknown > 0 && e.again == 0 {
		d.summary.PossiblyTwice++
	}
	d.summary.PossibleCopies += int64(e.unknown - e.again)
	e.again = e.unknown
}

// send makes the call and settles it. writing is done when the run waits no
// longer.
func (d *dispatcher) send(writing context.Context, r *request) {
	in := &kinesis.PutRecordsInput{StreamName: d.named.ByName(), StreamARN: d.named.ByARN(), Records: r.entriesOf()}
	call, cancel := context.WithTimeout(writing, callTimeout)
	defer cancel()
	out, err := d.client.PutRecords(call, in)
	d.o.Log.DebugContext(writing, "request", "call", "PutRecords", "stream", d.o.Stream, "records", len(r.parcels), "error", err)
	if err == nil && (out == nil || len(out.Records) != len(r.parcels)) {
		err = &countError{len(r.parcels), out}
	}
	d.settle(writing, r, out, err)
}

// entriesOf is the request as the SDK has it. It refers to the records.
func (r *request) entriesOf() []types.PutRecordsRequestEntry {
	for i := range r.parcels {
		entries := r.parcels[i].of(r)
		e := entries[0]
		in := types.PutRecordsRequestEntry{Data: e.Data, PartitionKey: &e.PartitionKey}
		if len(entries) > 1 {
			in.Data = r.aggregate(entries)
		} else if e.Data == nil {
			in.Data = []byte{} // the SDK takes nil for a member that was forgotten
		}
		if e.ExplicitHashKey != "" {
			in.ExplicitHashKey = &e.ExplicitHashKey
		}
		r.input = append(r.input, in)
	}
	return r.input
}

func (r *request) aggregate(entries []*entry) []byte {
	r.users = r.users[:0]
	for _, e := range entries {
		r.users = append(r.users, kpl.Record{PartitionKey: e.PartitionKey, ExplicitHashKey: e.ExplicitHashKey, Data: e.Data})
	}
	return kpl.Aggregate(nil, r.users)
}

// reset makes the request fit for another use.
func (r *request) reset() {
	clear(r.parcels)
	clear(r.entries)
	clear(r.keys)
	clear(r.lanes)
	clear(r.input)
	clear(r.users)
	*r = request{parcels: r.parcels[:0], entries: r.entries[:0], keys: r.keys[:0], lanes: r.lanes[:0], input: r.input[:0], users: r.users[:0]}
}

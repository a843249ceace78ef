package writer

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// inFlightAggregates is a dispatcher with one request of aggregates, each of a key
// of its own, whose first record was sent first.
func inFlightAggregates(o Options, aggregates, records int, sent time.Time) (*dispatcher, *request) {
	d := newDispatcher(nil, o, streamFacts{recordLimit: defaultRecordLimit})
	r := &request{sent: sent}
	for a := range aggregates {
		k := &keyQueue{name: strconv.Itoa(a), lane: newLane("", false), inFlight: true}
		d.keys[k.name] = k
		from := len(r.entries)
		for i := range records {
			e := newEntry(Record{PartitionKey: k.name}, int64(len(r.entries)+1), sent)
			if e.sent = sent.Add(time.Second); i == 0 {
				e.sent = sent
			}
			d.held, d.outstanding = d.held+e.held, d.outstanding+1
			d.ledger.begin()
			k.push(e)
			r.entries = append(r.entries, e)
		}
		k.drop(records)
		r.keys, r.lanes = append(r.keys, k), append(r.lanes, k.lane)
		r.parcels = append(r.parcels, parcel{key: k, lane: k.lane, from: from, to: len(r.entries)})
	}
	d.inFlight = 1
	return d, r
}

// The records of an answer are each looked at once, however many aggregates it is
// about: only the first of each aggregate has no time left.
func TestFault04SettlingIsLinearInTheRecords(t *testing.T) {
	const aggregates, records = 50, 2000
	o := options()
	o.RetryFor = time.Minute
	o.Rejected = func(Rejection) error { return nil }
	sent := time.Now()
	d, r := inFlightAggregates(o, aggregates, records, sent)
	want := slices.Clone(r.entries)
	f := failure{cause: throttled(), failed: r.parcels}
	d.settleFailed(r, &f, sent.Add(o.RetryFor))
	if d.steps > aggregates*records {
		t.Errorf("%d records were looked at, want each of the %d once", d.steps, aggregates*records)
	}
	var kept []*entry
	for _, k := range r.keys {
		kept = append(kept, k.entries...)
	}
	want = slices.DeleteFunc(want, func(e *entry) bool { return e.sent.Equal(sent) })
	if !slices.Equal(kept, want) || len(d.outbox.rejections) != aggregates {
		t.Errorf("%d records wait and %d are rejected, want %d in their order, and the first of each aggregate", len(kept), len(d.outbox.rejections), len(want))
	}
}

// What fails goes back in front of a key without a copy of what waits behind it.
func TestFault04AHotKeyIsNotCopiedWithEachFailure(t *testing.T) {
	k := &keyQueue{}
	for i := range 100_000 {
		k.push(newEntry(Record{}, int64(i+1), time.Time{}))
	}
	room := &k.all[:1][0]
	for range 200 {
		taken := slices.Clone(k.entries[:500])
		k.drop(len(taken))
		k.back(taken[1:]) // and one was written
		if room != &k.all[:1][0] {
			t.Fatal("the queue was copied")
		}
	}
	if len(k.entries) != 100_000-200 || k.entries[0].number != 201 {
		t.Errorf("%d records wait, from record %d", len(k.entries), k.entries[0].number)
	}
}

// However records come, leave and come back, a key has them in their order, and
// no more than a few places for each.
func TestFault04AKeyKeepsItsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	k := &keyQueue{}
	var waiting, taken []*entry
	number, most := int64(0), 0
	for step := range 20_000 {
		switch r.IntN(3) {
		case 0:
			for range r.IntN(8) {
				number++
				e := newEntry(Record{PartitionKey: "k"}, number, time.Time{})
				k.push(e)
				waiting = append(waiting, e)
			}
		case 1:
			if taken == nil && len(waiting) > 0 {
				n := 1 + r.IntN(len(waiting))
				taken, waiting = slices.Clone(waiting[:n]), waiting[n:]
				k.drop(n)
			}
		default:
			back := taken[r.IntN(len(taken)+1):]
			k.back(back)
			waiting, taken = slices.Concat(back, waiting), nil
			k.flying = 0
		}
		most = max(most, len(waiting)+len(taken))
		if !slices.Equal(k.entries, waiting) || k.bytes != len(waiting) {
			t.Fatalf("step %d: the queue has %d records of %d bytes, want %d", step, len(k.entries), k.bytes, len(waiting))
		}
	}
	if cap(k.all) > 8*most {
		t.Errorf("%d places for %d records", cap(k.all), most)
	}
}

// The lanes that are looked at follow the records, not the shards.
func TestFault04ALookVisitsTheLanesThatChanged(t *testing.T) {
	const shards, count = 2000, 20_000
	ids := make([]string, shards)
	for i := range ids {
		ids[i] = fmt.Sprintf("shardId-%012d", i)
	}
	listing := &service{shards: ids}
	ranges, err := listShards(t.Context(), listing, "orders")
	if err != nil {
		t.Fatal(err)
	}
	for _, unshaped := range []bool{false, true} {
		o := options()
		o.Unshaped = unshaped
		d := newDispatcher(nil, o, streamFacts{recordLimit: defaultRecordLimit, shards: ranges})
		now, sent := d.began, 0
		for i := range count {
			d.put(newEntry(Record{PartitionKey: strconv.Itoa(i)}, int64(i+1), now))
			now = now.Add(time.Millisecond)
			for d.inFlight = 0; ; d.inFlight = 0 {
				r, _, _ := d.next(now)
				if r == nil {
					break
				}
				sent += len(r.parcels)
			}
		}
		if looks := d.lanes.looks; looks > 6*count || sent < count/2 {
			t.Errorf("unshaped %t: %d looks at lanes for %d records, of which %d were sent, want a few looks a record", unshaped, looks, count, sent)
		}
	}
}

// A list of shards that fails for hours is asked for once a minute.
func TestFault04RefreshesStayAMinuteApart(t *testing.T) {
	for useless, want := range map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 33: time.Minute, 34: time.Minute, 64: time.Minute, 1 << 40: time.Minute,
	} {
		if got := refreshPause(useless); got != want {
			t.Errorf("after %d: got %s, want %s", useless, got, want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := &service{shards: []string{"shardId-000000000000", "shardId-000000000001"}}
		s.listing = func() {
			if s.lists == 1 {
				s.shards = nil // and from now on it is not told
			}
		}
		s.put = func(_ context.Context, _ int, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
			out := s.store(in, nil)
			for i := range out.Records {
				elsewhere := "shardId-000000000009"
				out.Records[i].ShardId = &elsewhere
			}
			return out, nil
		}
		const hours = 3
		if _, err := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
			if i > hours*3600 {
				return Record{}, io.EOF
			}
			time.Sleep(time.Second)
			return Record{PartitionKey: strconv.Itoa(i)}, nil
		})); err != nil {
			t.Fatal(err)
		}
		if most := hours*60 + 8; s.lists > most {
			t.Errorf("%d lists in %d hours, want at most %d", s.lists, hours, most)
		}
	})
}

// Factors and rates beyond what a duration or an int holds do not turn round.
func TestFault04RatesDoNotOverflow(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		by   float64
		want time.Duration
	}{
		{time.Hour, 2, 30 * time.Minute}, {time.Hour, 1e-12, 1<<63 - 1}, {-time.Hour, 1e-12, -1 << 63},
	} {
		if got := divided(tt.d, tt.by); got != tt.want {
			t.Errorf("%s / %g: got %s, want %s", tt.d, tt.by, got, tt.want)
		}
	}
	if burst := newRates(Options{RecordRate: 1e300}).records.Burst(); burst < 1000 {
		t.Errorf("a rate without bounds comes in bursts of %d", burst)
	}
	var f streamFacts
	huge := int32(1<<31 - 1)
	out, _ := described(types.StreamDescriptionSummary{MaxRecordSizeInKiB: &huge})(t.Context())
	if f.learn(out); f.recordLimit != mostRecordKiB<<10 {
		t.Errorf("a record limit of %d bytes, want that of the service", f.recordLimit)
	}
}

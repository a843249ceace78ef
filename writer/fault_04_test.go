package writer

import (
	"context"
	"io"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/writer/queue"
)

// inFlightAggregates returns a dispatcher with one request in flight. Each of its
// aggregates has its own key, and the first record of each was sent one second before the
// others.
func inFlightAggregates(t *testing.T, o Options, aggregates, records int, sent time.Time) (*dispatcher, *queue.Request) {
	t.Helper()
	o.Aggregate, o.Unshaped = true, true
	ranges, err := listShards(t.Context(), &memoryStream{shards: []string{"shardId-000000000000"}}, new(service.Allowance), o.Stream)
	if err != nil {
		t.Fatal(err)
	}
	d := newDispatcher(nil, o, streamFacts{recordLimit: defaultRecordLimit, shards: ranges})
	number := int64(0)
	for a := range aggregates {
		for range records {
			number++
			d.push(queue.NewEntry(Record{PartitionKey: strconv.Itoa(a)}, number, sent))
		}
	}
	r, _, _ := d.next(sent)
	if len(r.Parcels) != aggregates || len(r.Entries) != aggregates*records {
		t.Fatalf("a request of %d records in %d aggregates", len(r.Entries), len(r.Parcels))
	}
	for i := range r.Parcels {
		for at, e := range r.Records(&r.Parcels[i]) {
			if e.Sent = sent.Add(time.Second); at == 0 {
				e.Sent = sent
			}
		}
	}
	return d, r
}

// Settling checks each record once, however many aggregates the request has. Only the first
// record of each aggregate is out of time.
func TestFault04SettlingChecksEachRecordOnce(t *testing.T) {
	const aggregates, records = 50, 2000
	o := options()
	o.RetryFor = time.Minute
	o.Linger = 0
	o.Rejected = func(Rejection) error { return nil }
	sent := time.Now()
	d, r := inFlightAggregates(t, o, aggregates, records, sent)
	want := slices.Clone(r.Entries)
	now := sent.Add(o.RetryFor)
	s := settle(r, answer{err: throttled()}, d.conditions(now))
	if s.steps > aggregates*records {
		t.Errorf("%d records were looked at, want each of the %d once", s.steps, aggregates*records)
	}
	d.applyParcels(r, &s, now)
	d.queue.Release(r)
	r, _, _ = d.next(now)
	kept := r.Entries
	want = slices.DeleteFunc(want, func(e *queue.Entry) bool { return e.Sent.Equal(sent) })
	if !slices.Equal(kept, want) || len(d.account.callbacks.rejections) != aggregates {
		t.Errorf("%d records wait and %d are rejected, want %d in their order, and the first of each aggregate", len(kept), len(d.account.callbacks.rejections), len(want))
	}
}

// A list of shards that keeps failing is requested at most once a minute.
func TestFault04ListsShardsAtMostOnceAMinute(t *testing.T) {
	for useless, want := range map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 33: time.Minute, 34: time.Minute, 64: time.Minute, 1 << 40: time.Minute,
	} {
		if got := relistPause(useless); got != want {
			t.Errorf("after %d: got %s, want %s", useless, got, want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: []string{"shardId-000000000000", "shardId-000000000001"}}
		s.listing = func() {
			if s.lists == 1 {
				s.shards = nil // from now on listing is denied
			}
		}
		s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
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
		if limit := hours*60 + 8; s.lists > limit {
			t.Errorf("%d lists in %d hours, want at most %d", s.lists, hours, limit)
		}
	})
}

// Extreme factors and rates do not overflow.
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
	if f.apply(out); f.recordLimit != maxRecordKiB<<10 {
		t.Errorf("a record limit of %d bytes, want that of the service", f.recordLimit)
	}
}

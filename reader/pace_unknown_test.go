package reader

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
)

func TestFault16FirstFetchReservesTheLargestResponse(t *testing.T) {
	o := DefaultOptions()
	o.FetchBufferSize = 16_000_000
	p := newPace(o)
	p.unknown = true
	if reserved, limit := p.reservation(), p.nextLimit(); reserved != inFlight*maxResponse || limit != 4 {
		t.Errorf("first %d bytes for %d records", reserved, limit)
	}
	p.received(1, 1_000_000, time.Time{})
	if reserved, limit := p.reservation(), p.nextLimit(); reserved < inFlight*1_000_000 || limit != 1 {
		t.Errorf("then %d bytes for %d records of 1 MB", reserved, limit)
	}
	// After an empty page, the next response is small.
	p = newPace(o)
	p.unknown = true
	p.received(0, 0, time.Time{})
	if reserved := p.reservation(); reserved > 5*LeastReservation {
		t.Errorf("%d bytes behind an empty page", reserved)
	}
}

func TestFault16FetchesShardsThatBeginInThePastOneByOne(t *testing.T) {
	for position, want := range map[record.Position]int{{Kind: record.TrimHorizon}: 1, {Kind: record.Latest}: 6} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake()
			for i := range 6 {
				f.Shards = append(f.Shards, &kinesistest.Shard{ID: fmt.Sprint("shard-", i)})
			}
			peak := f.SlowFetches(10 * time.Millisecond)
			o := testOptions()
			o.InitialPosition, o.AvailableNow, o.FetchBufferSize = position, true, 16_000_000
			if _, err := collectRun(t.Context(), t, f, o); err != nil {
				t.Fatal(err)
			}
			if peak() != want {
				t.Errorf("from %s: %d fetches at once, want %d", position, peak(), want)
			}
		})
	}
	if !isRecent(checkpoint.Shard{Position: record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Unix(100, 0)}}}, time.Unix(105, 0)) {
		t.Error("five seconds ago is not recent")
	}
}

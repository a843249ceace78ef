package reader

import (
	"slices"
	"testing"
	"time"
)

func TestFetchSizeGrowsWithTheResponses(t *testing.T) {
	o := DefaultOptions()
	o.FetchBufferSize = 16_000_000
	p := newPace(o)
	// The record size is not known at the first fetch.
	if got, want := p.nextLimit(), 78; got != want {
		t.Errorf("asked for %d records first, want %d", got, want)
	}
	var asked []int
	for range 5 {
		n := p.nextLimit()
		asked = append(asked, n)
		if reserved := p.reservation(); reserved < inFlight*int64(n)*1000 && reserved < LeastReservation {
			t.Errorf("%d bytes of room for %d records of 1,000 bytes", reserved, n)
		}
		p.received(n, int64(n)*1000, time.Time{})
	}
	// 1,000-byte records: a fifth of the minimum reservation, then twice the last response, up to a
	// twentieth of the buffer.
	if want := []int{78, 209, 418, 800, 800}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v records, want %v", asked, want)
	}
	// A quiet shard gets a small request again.
	p.received(1, 1000, time.Time{})
	if got := p.nextLimit(); got != 209 {
		t.Errorf("asked for %d records of a quiet shard, want 209", got)
	}
}

func TestFetchSizeIsAtMostOneSecondOfTheRate(t *testing.T) {
	p := newPace(DefaultOptions()) // 1 MiB/s
	var most int
	for range 10 {
		n := p.nextLimit()
		most = max(most, n)
		p.received(n, int64(n)*1024, time.Time{})
	}
	if most != 1024 {
		t.Errorf("asked for up to %d records of 1 KiB, want 1024", most)
	}
	// Half of the last response with records, even after an empty page.
	p.received(0, 0, time.Time{})
	if p.throttled(time.Unix(1, 0)); p.limit != 512 {
		t.Errorf("limit %d after the limit was met, want 512", p.limit)
	}
}

func TestFirstThrottleHalvesTheLimit(t *testing.T) {
	p := newPace(DefaultOptions())
	if p.throttled(time.Unix(1, 0)); p.limit != 5000 {
		t.Errorf("limit %d, want half of 10,000", p.limit)
	}
}

func TestThrottlingExtendsThePeriod(t *testing.T) {
	o := DefaultOptions()
	p := newPace(o)
	now := time.Unix(1000, 0)
	var periods []time.Duration
	step := func(d time.Duration, throttled bool) {
		now = now.Add(d)
		if throttled {
			p.throttled(now)
		} else {
			p.succeeded(now)
		}
		periods = append(periods, p.period)
	}
	step(0, false)
	step(time.Second, true)
	step(time.Minute, true)
	step(time.Minute, false)
	step(5*time.Minute, false)
	step(5*time.Minute, false)
	step(5*time.Minute, false)
	var got []int64
	for _, p := range periods {
		got = append(got, p.Milliseconds())
	}
	if want := []int64{400, 600, 750, 750, 600, 480, 400}; !slices.Equal(got, want) {
		t.Errorf("periods of %v ms, want %v", got, want)
	}
	o.MinFetchPeriod = 0
	p = newPace(o)
	if p.throttled(now); p.period != 0 {
		t.Errorf("period %s of an endpoint without limits", p.period)
	}
}

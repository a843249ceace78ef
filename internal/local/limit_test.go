package local

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestTokenBucket(t *testing.T) {
	const s = second
	for _, c := range []struct {
		name  string
		meter meter
		takes []struct {
			at   int64
			n    float64
			want bool
		}
	}{
		{"calls", newMeter(LimitsOn, 5, 5), []struct {
			at   int64
			n    float64
			want bool
		}{
			{0, 1, true}, {0, 1, true}, {0, 1, true}, {0, 1, true}, {0, 1, true}, {0, 1, false},
			{s / 5, 1, true}, {s / 5, 1, false}, {10 * s, 5, true}, {10 * s, 1, false},
		}},
		{"a full page stops reading for five seconds", newMeter(LimitsOn, 10*mib, 2*mib), []struct {
			at   int64
			n    float64
			want bool
		}{
			{0, 10 * mib, true}, {0, 0, true}, {4 * s, 10 * mib, false}, {4 * s, 8 * mib, true}, {9 * s, 10 * mib, true},
		}},
		{"a large record is paid back", newMeter(LimitsOn, mib, mib), []struct {
			at   int64
			n    float64
			want bool
		}{
			{0, 10 * mib, true}, {8 * s, 1, false}, {10 * s, mib, true},
		}},
		{"a large record needs a full bucket", newMeter(LimitsOn, mib, mib), []struct {
			at   int64
			n    float64
			want bool
		}{
			{0, 1, true}, {0, 10 * mib, false},
		}},
		{"windows", newMeter(LimitsWindow, 5, 5), []struct {
			at   int64
			n    float64
			want bool
		}{
			{s - 1, 5, true}, {s - 1, 1, false}, {s, 5, true}, {2*s - 1, 1, false}, {2 * s, 1, true},
		}},
		{"a window pays for what was too large for it", newMeter(LimitsWindow, 10*mib, 2*mib), []struct {
			at   int64
			n    float64
			want bool
		}{
			{0, 10 * mib, true}, {4 * s, 1, false}, {5 * s, 2 * mib, true},
		}},
		{"off", newMeter(LimitsOff, 1, 1), []struct {
			at   int64
			n    float64
			want bool
		}{
			{0, 1000, true}, {0, 1000, true},
		}},
	} {
		for i, take := range c.takes {
			if got := c.meter.allow(take.at, take.n); got != take.want {
				t.Errorf("%s: take %d, %v at %v: got %v, want %v", c.name, i, take.n, take.at, got, take.want)
			}
		}
	}
}

// An amount that does not fit now fits after the wait, but not a moment earlier.
func TestMeterWait(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		limits := []Limits{LimitsOn, LimitsWindow}[random.IntN(2)]
		m := newMeter(limits, 2*mib, 2*mib)
		now := int64(1_000_000*second) + random.Int64N(second)
		for range random.IntN(4) {
			m.fits(now, 1)
			m.take(float64(random.IntN(10 * mib)))
		}
		n := float64(random.IntN(10 * mib))
		if m.fits(now, n) {
			continue
		}
		wait := int64(m.wait(now, n))
		before, after := m, m
		if wait <= 0 || before.fits(now+wait-int64(time.Millisecond), n) && wait > int64(time.Millisecond) || !after.fits(now+wait, n) {
			t.Fatalf("%s: %.0f used, %.0f wanted: a wait of %s is not it", limits, m.used, n, time.Duration(wait))
		}
	}
}

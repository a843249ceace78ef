package inspect

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/local"
	"kin/reader"
)

// The lags are exact to the millisecond, whatever time passes in between.
func TestLagIsTheAgeOfTheOldestUnreadRecord(t *testing.T) {
	const odd = time.Hour + 17*time.Minute + 3*time.Second + 456*time.Millisecond
	for _, test := range []struct {
		name  string
		do    func(d *diary)
		want  func(d *diary) string
		avg   float64
		count int
	}{
		{"nothing was ever written", func(d *diary) {
			d.readOn(0)
			time.Sleep(odd)
		}, func(*diary) string { return " READING 0, 1 READING 0" }, 0, 2},
		{"one record behind", func(d *diary) {
			d.write(0, 3)
			d.readOn(0)
			d.write(0, 1)
			time.Sleep(odd)
		}, func(d *diary) string { return fmt.Sprintf(" READING %d, 1 READING 0", d.unread(0)) }, float64(odd.Milliseconds()) / 2, 2},
		{"many behind, in both shards", func(d *diary) {
			d.write(0, 3)
			d.write(1, 2)
			d.readOn(0)
			d.write(1, 5)
			d.write(0, 7)
			time.Sleep(odd)
		}, func(d *diary) string { return fmt.Sprintf(" READING %d, 1 READING %d", d.unread(0), d.unread(1)) }, -1, 2},
		{"nothing was read yet", func(d *diary) {
			d.readOn(0)
			d.write(0, 2)
			d.write(1, 2)
			time.Sleep(odd)
		}, func(d *diary) string { return fmt.Sprintf(" READING %d, 1 READING %d", d.unread(0), d.unread(1)) }, -1, 2},
		{"at the tip", func(d *diary) {
			d.write(0, 3)
			d.write(1, 3)
			d.readOn(0)
		}, func(*diary) string { return " READING 0, 1 READING 0" }, 0, 2},
		{"quiet for hours", func(d *diary) {
			d.write(0, 3)
			d.readOn(0)
			time.Sleep(23 * time.Hour)
		}, func(*diary) string { return " READING 0, 1 READING 0" }, 0, 2},
		{"quiet for days, and read regularly", func(d *diary) {
			d.write(0, 3)
			for range 5 {
				d.readOn(0)
				time.Sleep(20 * time.Hour)
			}
		}, func(*diary) string { return " READING 0, 1 READING 0" }, 0, 2},
		{"quiet for days, then one record", func(d *diary) {
			d.write(0, 3)
			for range 5 {
				d.readOn(0)
				time.Sleep(20 * time.Hour)
			}
			d.write(0, 1)
			time.Sleep(odd)
		}, func(d *diary) string { return fmt.Sprintf(" READING %d, 1 READING 0", d.unread(0)) }, -1, 2},
		{"a split whose parent is unread", func(d *diary) {
			d.write(0, 5)
			d.readOn(2)
			d.Split(0)
			d.write(2, 2)
			time.Sleep(odd)
		}, func(d *diary) string {
			return fmt.Sprintf(" READING %d, 1 READING 0, 2 WAITING_FOR_PARENT %d, 3 WAITING_FOR_PARENT 0", d.unread(0), d.unread(2))
		}, -1, 4},
		{"a split whose parent was read", func(d *diary) {
			d.write(0, 5)
			d.Split(0)
			d.readOn(0)
			d.write(3, 2)
			time.Sleep(odd)
		}, func(d *diary) string {
			return fmt.Sprintf(" DONE 0, 1 READING 0, 2 READING 0, 3 READING %d", d.unread(3))
		}, -1, 3},
		{"a merge with one parent read", func(d *diary) {
			d.write(0, 2)
			d.write(1, 1)
			d.readOn(0)
			d.write(1, 1)
			d.MergeInto(0, 1)
			d.write(2, 1)
			time.Sleep(odd)
		}, func(d *diary) string {
			return fmt.Sprintf(" READING 0, 1 READING %d, 2 WAITING_FOR_PARENT %d", d.unread(1), d.unread(2))
		}, -1, 3},
		{"a checkpoint that was trimmed", func(d *diary) {
			d.write(0, 3)
			d.readOn(0)
			d.write(0, 2)
			time.Sleep(20 * time.Hour)
			d.write(0, 2)
			time.Sleep(20 * time.Hour)
			if d.unread(0) == 0 || d.unread(0) > (21*time.Hour).Milliseconds() {
				d.T.Fatal("nothing is tested")
			}
		}, func(d *diary) string { return fmt.Sprintf(" READING %d, 1 READING 0", d.unread(0)) }, -1, 2},
	} {
		for _, trimmed := range []local.Trimmed{local.TrimmedOldest, local.TrimmedError, local.TrimmedEmpty} {
			t.Run(test.name+", "+string(trimmed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDiary(t, 2, local.Options{Trimmed: trimmed})
					test.do(d)
					report, got := d.report()
					if want := strings.TrimSpace(test.want(d)); got != want {
						t.Errorf("got  %s\nwant %s", got, want)
					}
					if lag := report.Streams[0].Lag; lag.Shards != test.count || test.avg >= 0 && lag.Avg != test.avg {
						t.Errorf("figures %+v, want %d shards and %v on average", lag, test.count, test.avg)
					}
					if !report.Time.Equal(d.Now().Truncate(time.Millisecond)) {
						t.Errorf("the measurement is of %s, and it is %s", report.Time, d.Now())
					}
				})
			})
		}
	}
}

// A child that waits counts its own records, as its parent does. A DONE shard does not count in the
// three figures.
func TestLagReportSummarizesLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, 2, local.Options{})
		d.write(0, 1)
		d.Split(0)
		d.readOn(0)
		d.write(1, 1)
		d.write(2, 1)
		time.Sleep(time.Minute)
		report, _ := d.report()
		want := reader.StreamLag{Stream: "orders", Shards: 3, Avg: float64(d.unread(1)+d.unread(2)) / 3, Max: d.unread(1)}
		if got := report.Streams[0].Lag; got != want || want.Max <= d.unread(2) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// If this machine's clock is wrong, the measurement finds out the service's time to the
// millisecond, from Dates that are cut to the second.
func TestLagIsExactWithAWrongLocalClock(t *testing.T) {
	for _, move := range []time.Duration{20 * time.Hour, 90*time.Second + 7*time.Millisecond, time.Hour + 999*time.Millisecond, 2*time.Second + 500*time.Millisecond} {
		t.Run(move.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(217 * time.Millisecond) // not at a full second
				d := newDiary(t, 1, local.Options{})
				d.write(0, 1)
				d.readOn(0)
				d.write(0, 1)
				d.Advance(move)
				now, before := d.Now(), d.unread(0)
				report, err := d.meter().Measure(t.Context())
				d.Must(err)
				// The measurement takes a moment to find out the time. The lag is that of the time
				// when the shard answered.
				if got := report.Streams[0].Shards[0].MillisBehindLatest; got < before-1 || got > before+1 {
					t.Errorf("%d ms behind, want %d", got, before)
				}
				if off := report.Time.Sub(now).Abs(); off > 2*time.Millisecond {
					t.Errorf("the clock is off by %s", off)
				}
			})
		})
	}
}

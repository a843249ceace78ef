package reader

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
)

// boundedBy returns the two bounds in time: now, and a time between the arrivals of the fake's
// records and now.
func boundedBy() map[string]Options {
	to := testOptions()
	to.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: kinesistest.Arrival(1000)}}
	return map[string]Options{"--available-now": bounded(), "--to": to}
}

// TestFault08LateRecordDoesNotEndAShard is about a record with a time after the bound that is
// followed by records within the bound. A second run with a later bound prints the rest, once.
func TestFault08LateRecordDoesNotEndAShard(t *testing.T) {
	late := time.Hour
	for bound, o := range boundedBy() {
		for page := range 5 {
			for _, c := range []struct {
				records, late []int
				last          int
			}{
				{numbersOf(1, 5), []int{2}, 5},
				{numbersOf(1, 5), []int{1}, 5},
				{numbersOf(1, 5), []int{5}, 4},
				{numbersOf(1, 5), []int{2, 4}, 5},
				{numbersOf(1, 6), []int{3, 6}, 5},
				{numbersOf(1, 5), []int{4, 5}, 3},
				{numbersOf(1, 5), nil, 5},
				{numbersOf(1, 2), []int{1, 2}, 0},
			} {
				synctest.Test(t, func(t *testing.T) {
					kinesistest.ToTheTimeOfTheService()
					f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: c.records, Arrivals: map[int]time.Time{}})
					f.Page = page
					for _, n := range c.late {
						f.Shards[0].Arrivals[n] = time.Now().Add(late)
					}
					name := fmt.Sprintf("%s, %d in a page, late %d of %d", bound, page, c.late, len(c.records))
					o, m := o, kinesistest.NewMemory()
					o.Positions = m
					got, err := readFor(t, f, time.Minute, o)
					if err != nil || !slices.Equal(got, numbers(1, c.last)) {
						t.Errorf("%s: got %q, %v, want the first %d", name, got, err, c.last)
					}
					if took := time.Since(f.Began); took > 10*time.Second {
						t.Errorf("%s: ended after %s", name, took)
					}
					time.Sleep(2 * late)
					o = bounded()
					o.Positions = m
					got, err = readFor(t, f, time.Minute, o)
					if err != nil || !slices.Equal(got, numbers(c.last+1, len(c.records))) {
						t.Errorf("%s: then got %q, %v, want the rest", name, got, err)
					}
				})
			}
		}
	}
}

func TestFault08LateRecordCountsForTheLimit(t *testing.T) {
	for page := range 3 {
		synctest.Test(t, func(t *testing.T) {
			kinesistest.ToTheTimeOfTheService()
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 4), Arrivals: map[int]time.Time{2: time.Now().Add(time.Hour)}, Payloads: map[int][]byte{2: users("x", 3)}})
			f.Page = page
			m := kinesistest.NewMemory()
			var all []string
			for run, want := range [][]string{{"1", "x-0"}, {"x-1", "x-2"}, {"3", "4"}, nil} {
				o := bounded()
				o.Positions, o.Limit = m, 2
				got, err := readFor(t, f, time.Minute, o)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("page %d, run %d: got %q, %v, want %q", page, run, got, err, want)
				}
				all = append(all, got...)
			}
			once(t, all, []string{"1", "x-0", "x-1", "x-2", "3", "4"})
		})
	}
}

// TestFault08BusyShardEndsAtTheBound is about a shard in which each answer has records, all of them
// late. No empty answer ever proves the bound. The run ends even if MillisBehindLatest never
// agrees.
func TestFault08BusyShardEndsAtTheBound(t *testing.T) {
	for _, behind := range []int64{0, 1000, 3_600_000} {
		synctest.Test(t, func(t *testing.T) {
			kinesistest.ToTheTimeOfTheService()
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 3), Arrivals: map[int]time.Time{}})
			next := 4
			f.Hook = func(call, _ string) error {
				if call == "GetRecords" {
					f.Change(func() {
						f.Shards[0].Records = append(f.Shards[0].Records, next)
						f.Shards[0].Arrivals[next] = time.Now().Add(2 * time.Second)
						next++
					})
				}
				return nil
			}
			client := &spoiled{Fake: f, call: "GetRecords", left: 1 << 30, spoil: behindBy(behind)}
			o, m := bounded(), kinesistest.NewMemory()
			o.Positions = m
			got, err := readFor(t, client, time.Minute, o)
			if took := time.Since(f.Began); err != nil || !slices.Equal(got, numbers(1, 3)) || took > 10*time.Second {
				t.Errorf("%d ms behind: got %q, %v after %s", behind, got, err, took)
			}
			if at := m.Position("a"); at != "AFTER_SEQUENCE_NUMBER 3" {
				t.Errorf("saved %q", at)
			}
		})
	}
}

// TestFault08ReadsAShardClosedBeforeTheBoundToItsEnd is about a late record at the end of a parent:
// its children hold records within the bound.
func TestFault08ReadsAShardClosedBeforeTheBoundToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kinesistest.ToTheTimeOfTheService()
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}, Closed: true, Children: []string{"b"}, Arrivals: map[int]time.Time{2: time.Now().Add(time.Hour)}},
			&kinesistest.Shard{ID: "b", Parent: "a", Records: []int{3, 4}})
		got, err := readFor(t, f, time.Minute, bounded())
		if err != nil || !slices.Equal(got, numbers(1, 4)) {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// TestFault08NoRecordIsLateBeforeTheBound is about a bound in the future: every record that is
// received before it also arrived before it.
func TestFault08NoRecordIsLateBeforeTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kinesistest.ToTheTimeOfTheService()
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}, Arrivals: map[int]time.Time{2: time.Now().Add(time.Hour), 3: time.Now().Add(time.Hour)}})
		f.Page = 1
		o := testOptions()
		o.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Now().Add(10 * time.Second)}}
		got, err := readFor(t, f, time.Minute, o)
		if took := time.Since(f.Began); err != nil || !slices.Equal(got, numbers(1, 3)) || took < 10*time.Second || took > 12*time.Second {
			t.Errorf("got %q, %v after %s", got, err, took)
		}
	})
}

// behindBy sets the MillisBehindLatest of answers.
func behindBy(ms int64) func(any) {
	return func(out any) { out.(*service.GetRecordsOutput).MillisBehindLatest = &ms }
}

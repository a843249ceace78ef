package inspect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// diary knows the unread records without asking kin: when each record was put, and which were read.
type diary struct {
	*kinesistest.Service
	put  map[int][]time.Time // by shard, in order
	read map[int]int         // how many of them were read
	m    *kinesistest.Memory
}

func newDiary(t testing.TB, shards int, o local.Options) *diary {
	return &diary{kinesistest.NewService(t, shards, o), map[int][]time.Time{}, map[int]int{}, kinesistest.NewMemory()}
}

// write puts n records, a little more than a second apart.
func (d *diary) write(shard, n int) {
	for range n {
		time.Sleep(1003 * time.Millisecond)
		d.Service.Put(shard, "x")
		d.put[shard] = append(d.put[shard], d.Now())
	}
}

// readOn resumes reading with the diary's checkpoint, up to limit records; 0 reads all.
func (d *diary) readOn(limit int) {
	d.T.Helper()
	o := testOptions()
	o.Positions, o.AvailableNow, o.Limit = d.m, limit == 0, int64(limit)
	if err := readInto(d.T, d, time.Minute, o, func(b *reader.Batch) error {
		for _, block := range b.Blocks {
			var n int
			if _, err := fmt.Sscanf(block.ShardID, "shardId-%d", &n); err != nil {
				return err
			}
			d.read[n] += block.Records
		}
		return nil
	}); err != nil {
		d.T.Fatal(err)
	}
}

// unread is the age of a shard's oldest unread record that is still retained, in milliseconds; 0
// without one.
func (d *diary) unread(shard int) int64 {
	for _, at := range d.put[shard][d.read[shard]:] {
		if age := d.Now().Sub(at); age < 24*time.Hour {
			return age.Milliseconds()
		}
	}
	return 0
}

// look returns the Look at the diary's checkpoint, and a summary with a word for each shard.
func (d *diary) look() (Look, string) {
	d.T.Helper()
	fetches := 0
	var mu sync.Mutex
	client := &kinesistest.Watched{StreamAPI: d, Before: func(call string) error {
		mu.Lock()
		defer mu.Unlock()
		if call == "GetRecords" {
			fetches++
		}
		return nil
	}}
	l, err := NewLooker(client, LookOptions{Streams: []string{"orders"}, Positions: d.m, Info: func(m string) { d.T.Log(m) }})
	d.Must(err)
	saved, positions := len(d.m.Saved), maps.Clone(d.m.File.Streams[0].Shards)
	look, err := l.Look(d.T.Context())
	d.Must(err)
	if !reflect.DeepEqual(positions, d.m.File.Streams[0].Shards) {
		d.T.Error("a look changed positions")
	}
	for _, s := range look.Streams[0].Shards {
		if at, known := positions[s.ShardID]; known && !reflect.DeepEqual(s.Position, at) {
			d.T.Errorf("%s is at %+v, want %+v", s.ShardID, s.Position, at)
		}
	}
	if len(d.m.Saved) != saved {
		d.T.Error("a look saved positions")
	}
	if asked := look.Streams[0].Lag.Shards; fetches != asked {
		d.T.Errorf("%d fetches for %d shards", fetches, asked)
	}
	return look, words(look)
}

func words(look Look) string {
	var all []string
	for _, s := range look.Streams[0].Shards {
		all = append(all, fmt.Sprintf("%s %s %d", strings.TrimLeft(strings.TrimPrefix(s.ShardID, "shardId-"), "0"), s.State, s.MillisBehindLatest))
	}
	return strings.TrimSpace(strings.Join(all, ", "))
}

// The lags are exact to the millisecond, whatever time passes in between.
func TestLookReportsTheAgeOfTheOldestUnreadRecord(t *testing.T) {
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
					look, got := d.look()
					if want := strings.TrimSpace(test.want(d)); got != want {
						t.Errorf("got  %s\nwant %s", got, want)
					}
					if lag := look.Streams[0].Lag; lag.Shards != test.count || test.avg >= 0 && lag.Avg != test.avg {
						t.Errorf("figures %+v, want %d shards and %v on average", lag, test.count, test.avg)
					}
					if !look.Time.Equal(d.Now().Truncate(time.Millisecond)) {
						t.Errorf("the look is of %s, and it is %s", look.Time, d.Now())
					}
				})
			})
		}
	}
}

// A child that waits counts its own records, as its parent does. A DONE shard does not count in the
// three figures.
func TestLookSummarizesLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, 2, local.Options{})
		d.write(0, 1)
		d.Split(0)
		d.readOn(0)
		d.write(1, 1)
		d.write(2, 1)
		time.Sleep(time.Minute)
		look, _ := d.look()
		want := reader.StreamLag{Stream: "orders", Shards: 3, Avg: float64(d.unread(1)+d.unread(2)) / 3, Max: d.unread(1)}
		if got := look.Streams[0].Lag; got != want || want.Max <= d.unread(2) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// If this machine's clock is wrong, the Look finds out the service's time to the millisecond, from
// Dates that are cut to the second.
func TestLookIsExactWithAWrongLocalClock(t *testing.T) {
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
				look, err := d.looker().Look(t.Context())
				d.Must(err)
				// The Look takes a moment to find out the time. The lag is that of the time when
				// the shard answered.
				if got := look.Streams[0].Shards[0].MillisBehindLatest; got < before-1 || got > before+1 {
					t.Errorf("%d ms behind, want %d", got, before)
				}
				if off := look.Time.Sub(now).Abs(); off > 2*time.Millisecond {
					t.Errorf("the clock is off by %s", off)
				}
			})
		})
	}
}

func (d *diary) looker() *Looker {
	l, err := NewLooker(d, LookOptions{Streams: []string{"orders"}, Positions: d.m})
	d.Must(err)
	return l
}

// Each look makes one GetRecords for each shard, and the next one waits until it may fetch again.
func TestLookFetchesEachShardOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, 8, local.Options{})
		for n := range 8 {
			d.write(n, 3)
		}
		d.readOn(5)
		d.Split(0)
		d.Split(3)
		var mu sync.Mutex
		calls := map[string]int{}
		client := &kinesistest.Watched{StreamAPI: d, Before: func(call string) error {
			mu.Lock()
			defer mu.Unlock()
			calls[call]++
			return nil
		}}
		l, err := NewLooker(client, LookOptions{Streams: []string{"orders"}, Positions: d.m})
		d.Must(err)
		began := time.Now()
		for range 3 {
			_, err := l.Look(t.Context())
			d.Must(err)
		}
		if calls["GetRecords"] != 3*12 || calls["GetShardIterator "+families.ShardName(8)] != 3 {
			t.Errorf("12 shards, three looks: %v", calls)
		}
		if took := time.Since(began); took != 2*reader.DefaultOptions().MinFetchPeriod {
			t.Errorf("three looks took %s", took)
		}
	})
}

// A look waits for a rate limit as a run does, without delaying other shards.
func TestLookWaitsForRateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, 40, local.Options{})
		d.readOn(0)
		d.write(7, 1)
		time.Sleep(10 * time.Second)
		var messages []string
		var mu sync.Mutex
		d.Fault("GetRecords=ProvisionedThroughputExceededException*35")
		l, err := NewLooker(d, LookOptions{Streams: []string{"orders"}, Positions: d.m, Info: func(m string) {
			mu.Lock()
			defer mu.Unlock()
			messages = append(messages, m)
		}})
		d.Must(err)
		began, want := time.Now(), d.unread(7)
		look, err := l.Look(t.Context())
		d.Must(err)
		took := time.Since(began)
		if took != 5*time.Second || len(messages) != 35 || !strings.HasSuffix(messages[0], ": Hit rate limit. Sleeping for 5 seconds.") {
			t.Errorf("took %s with %d messages %.1q", took, len(messages), messages)
		}
		if got := look.Streams[0].Shards[7].MillisBehindLatest; got != want && got != want+took.Milliseconds() {
			t.Errorf("%d ms behind, want %d", got, want)
		}
	})
}

// A look without an answer fails after its retries, and a denied one at once.
func TestLookFailures(t *testing.T) {
	for spec, wait := range map[string]bool{"GetRecords=InternalFailure": true, "ListShards=InternalFailure": true, "GetRecords=AccessDeniedException": false} {
		t.Run(spec, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary(t, 2, local.Options{})
				d.readOn(0)
				d.Fault(spec)
				began := time.Now()
				_, err := d.looker().Look(t.Context())
				var gaveUp *reader.GaveUpError
				if took := time.Since(began); errors.As(err, &gaveUp) != wait || err == nil || wait != (took >= lookRetries) || took > lookRetries+5*time.Second {
					t.Errorf("after %s: %v", took, err)
				}
			})
		})
	}
}

// Without a checkpoint, a look begins where a run would. An age is relative to the first look.
func TestLookFromAPosition(t *testing.T) {
	for _, test := range []struct {
		from  record.Position
		first string // the shards' lags after two minutes
		later string // and after two more
	}{
		{record.Position{Kind: record.TrimHorizon}, " READING 120000", " READING 240000"},
		{record.Position{Kind: record.Latest}, " READING 0", " READING 0"},
		{record.Position{Kind: record.Ago, Age: time.Minute}, " READING 0", " READING 0"},
		{record.Position{Kind: record.Ago, Age: 3 * time.Minute}, " READING 120000", " READING 240000"},
	} {
		t.Run(test.from.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				s.Put(0, "1")
				time.Sleep(2 * time.Minute)
				l, err := NewLooker(s, LookOptions{Streams: []string{"orders"}, InitialPosition: test.from})
				s.Must(err)
				for _, want := range []string{test.first, test.later} {
					look, err := l.Look(t.Context())
					s.Must(err)
					if got := words(look); got != strings.TrimSpace(want) {
						t.Errorf("got %q, want %q", got, want)
					}
					if look.Streams[0].ARN == "" {
						t.Error("the ARN is missing")
					}
					time.Sleep(2 * time.Minute)
				}
			})
		})
	}
}

// A look accepts the positions of both ways of reading, even if nothing was read yet, and inside an
// aggregate.
func TestLookAcceptsEveryPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 4, local.Options{})
		for n := range 4 {
			s.Put(n, "1", "2")
		}
		first, err := s.GetShardIterator(t.Context(), &service.GetShardIteratorInput{
			StreamName: "orders", ShardID: families.ShardName(2), ShardIteratorType: "TRIM_HORIZON"})
		s.Must(err)
		page, err := s.GetRecords(t.Context(), &service.GetRecordsInput{ShardIterator: first.ShardIterator})
		s.Must(err)
		at := func(n int) string { return *page.Records[n].SequenceNumber }
		began, sub := time.Now(), int64(3)
		time.Sleep(time.Second)
		s.Split(3)
		m := kinesistest.NewMemory()
		m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "latest", StartedAt: record.Time{Time: began}, Shards: map[string]checkpoint.Shard{
			families.ShardName(0): {Position: record.Position{Kind: record.TrimHorizon, Continuation: "77"}},
			families.ShardName(1): {Position: record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: began.Add(time.Millisecond)}, Continuation: "77"}},
			families.ShardName(2): {Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: at(1), SubSequenceNumber: &sub}},
			families.ShardName(3): {Position: record.Position{Kind: record.ShardEnd}},
		}}}
		l, err := NewLooker(s, LookOptions{Streams: []string{"orders"}, Positions: m})
		s.Must(err)
		look, err := l.Look(t.Context())
		s.Must(err)
		if got, want := words(look), "READING 1000, 1 READING 0, 2 READING 1000, 3 DONE 0, 4 READING 0, 5 READING 0"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := look.Streams[0].Shards[2].Position.SubSequenceNumber; got == nil || *got != 3 {
			t.Errorf("position %v", look.Streams[0].Shards[2].Position)
		}
	})
}

// A look starts no shard, whatever form a shard's end has.
func TestLookAtAnEndedShardFetchesNoOther(t *testing.T) {
	for name, way := range kinesistest.Ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary(t, 2, way)
				d.write(0, 2)
				d.readOn(0)
				d.Split(0)
				fetches := map[string]int{}
				var mu sync.Mutex
				l, err := NewLooker(&kinesistest.Watched{StreamAPI: d, Before: func(call string) error {
					mu.Lock()
					defer mu.Unlock()
					fetches[call]++
					return nil
				}}, LookOptions{Streams: []string{"orders"}, Positions: d.m})
				d.Must(err)
				ctx, cancel := context.WithCancel(t.Context())
				look, err := l.Look(ctx)
				d.Must(err)
				cancel()
				synctest.Wait()
				if got, want := words(look), "READING 0, 1 READING 0, 2 WAITING_FOR_PARENT 0, 3 WAITING_FOR_PARENT 0"; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if fetches["GetRecords"] != 4 {
					t.Errorf("calls %v", slices.Sorted(maps.Keys(fetches)))
				}
			})
		})
	}
}

// Many shards are fetched at once, but not if their records are large: the memory of a look is
// limited.
func TestLookLimitsLargeRecordsInMemory(t *testing.T) {
	for size, want := range map[int]int{10: probesInFlight, 1 << 20: 4} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var shards []*kinesistest.Shard
				for n := range 200 {
					shards = append(shards, &kinesistest.Shard{ID: families.ShardName(n), Records: []int{1}, Payloads: map[int][]byte{1: make([]byte, size)}})
				}
				f := kinesistest.NewFake(shards...)
				peak := f.SlowFetches(50 * time.Millisecond)
				l, err := NewLooker(f, LookOptions{Streams: []string{"orders"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := l.Look(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := peak(); got != want {
					t.Errorf("%d fetches at once, want %d", got, want)
				}
			})
		})
	}
}

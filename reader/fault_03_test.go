package reader

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/lineage"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

func TestFault03IsFinished(t *testing.T) {
	end := checkpoint.Shard{Position: record.Position{Kind: record.ShardEnd}}
	after := checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "7"}}
	start := checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}
	saved := func(of ...any) map[string]checkpoint.Shard {
		m := map[string]checkpoint.Shard{}
		for i := 0; i < len(of); i += 2 {
			m[of[i].(string)] = of[i+1].(checkpoint.Shard)
		}
		return m
	}
	for _, test := range []struct {
		name   string
		listed []types.Shard
		saved  map[string]checkpoint.Shard
		only   []string
		want   []string // shards that stay in the checkpoint
	}{
		{"read to its end, and its children are being read", families.Of("b<a", "c<a"), saved("a", end, "b", after, "c", start), nil, []string{"b", "c"}},
		{"still listed", families.Of("a!", "b<a"), saved("a", end, "b", after), nil, []string{"a", "b"}},
		{"no child is known", families.Of("x"), saved("a", end, "x", after), nil, []string{"a", "x"}},
		{"a child begins with this run", families.Of("b<a"), saved("a", end), nil, []string{"b"}},
		{"one parent of a merge is trimmed, the other is not read yet", families.Of("b!", "m<a+b"), saved("a", end, "b", after, "m", start), nil, []string{"b", "m"}},
		{"three generations", families.Of("d<c"), saved("a", end, "b", end, "c", end, "d", after), nil, []string{"a", "b", "d"}},
		{"three generations in the file", families.Of("d<c"), map[string]checkpoint.Shard{
			"a": end, "b": {Parents: []string{"a"}, Position: record.Position{Kind: record.ShardEnd}}, "c": {Parents: []string{"b"}, Position: record.Position{Kind: record.ShardEnd}}, "d": {Parents: []string{"c"}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}},
		}, nil, []string{"d"}},
		{"a parent that was lost", families.Of("x<b"), map[string]checkpoint.Shard{
			"a": after, "b": {Parents: []string{"a"}, Position: record.Position{Kind: record.ShardEnd}}, "x": {Parents: []string{"b"}, Position: record.Position{Kind: record.TrimHorizon}},
		}, nil, []string{"x"}},
		{"a run restricted to it", families.Of("b<a"), saved("a", end, "b", after), []string{"a"}, []string{"a", "b"}},
		{"a run restricted to others", families.Of("b<a", "x"), saved("a", end, "b", after, "x", after), []string{"x"}, []string{"b", "x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := streamOf(&session{o: testOptions()})
			s.lineage.Add(test.listed)
			s.listed = closedShards(listing{shards: test.listed})
			s.placement = lineage.Placement{Initial: record.Position{Kind: record.TrimHorizon}, StartedAt: startedAt, Saved: test.saved, Owns: everyone, Only: test.only}
			lost, err := s.placement.First(s.lineage)
			if err != nil {
				t.Fatal(err)
			}
			entries := maps.Clone(test.saved)
			for _, id := range lost { // as in a run that allows data loss
				entries[id] = trimmedAt(entries[id], startedAt)
			}
			for id, shard := range s.lineage.Shards {
				if shard.State == lineage.Waiting || shard.NotOwned {
					entries[id] = shard.At
				}
			}
			s.unlisted = [][]string{s.unlistedAtStart()}
			s.prune(entries)
			if got := slices.Sorted(maps.Keys(entries)); !slices.Equal(got, test.want) {
				t.Errorf("kept %v, want %v", got, test.want)
			}
		})
	}
}

// scaledFor splits and merges a stream every day, and puts a record into each shard. It returns the
// records.
func scaledFor(s *kinesistest.Service, days int, sleep func(time.Duration)) (want []string) {
	put := func(shard int) {
		text := fmt.Sprintf("of-%d", shard)
		s.Put(shard, text)
		want = append(want, text)
	}
	put(0)
	for n := 0; n < 3*days; n += 3 {
		sleep(12 * time.Hour)
		s.Split(n)
		put(n + 1)
		put(n + 2)
		sleep(12 * time.Hour)
		s.MergeInto(n+1, n+2)
		put(n + 3)
	}
	return want
}

func TestFault03MemoryDoesNotGrowWithTheDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		m := kinesistest.NewMemory()
		o := slow(testOptions())
		o.Positions = m
		r, err := New(s, o)
		s.Must(err)
		const days = 10
		var want, got []string
		s.Meanwhile(func() { want = scaledFor(s, days, time.Sleep) })
		r.o.Timeout = (days + 1) * 24 * time.Hour
		var statuses *shardStatuses
		s.Must(r.Run(t.Context(), HandlerOf(func(b *Batch) error {
			_, lags := r.progress.get()
			statuses = lags.(*shardStatuses)
			got = append(got, batchRecords(b)...)
			return nil
		})))
		once(t, got, want)
		// Shards of the last day: two halves, and the shard that they merge into. The day's first
		// shard expires after its 24 hours.
		const most = 6
		of := statuses.ordered[0]
		parents, past := of.run.lineage.Indexed()
		for what, n := range map[string]int{
			"shards of the checkpoint": len(m.File.Streams[0].Shards), "shards of the lineage": len(of.run.lineage.Shards),
			"statuses": len(of.shards), "indexed parents": parents, "past parents": past,
		} {
			if n > most || n == 0 && what != "past parents" {
				t.Errorf("%d %s after %d days and %d shards, want at most %d", n, what, days, 3*days+1, most)
			}
		}
	})
}

// slow reduces the number of calls of long runs.
func slow(o Options) Options {
	o.MinFetchPeriod, o.ShardFetchInterval = 5*time.Minute, 10*time.Minute
	return o
}

func TestFault03RunAfterPruningReadsNothingTwice(t *testing.T) {
	// Several runs. Some get an outdated listing from before the pruning, at the start or later.
	for _, stale := range []string{"never", "at the start", "later"} {
		t.Run(stale, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				m := kinesistest.NewMemory()
				o := slow(testOptions())
				o.Positions, o.Timeout = m, 6*time.Hour
				var want, got []string
				const days = 6
				s.Meanwhile(func() { want = scaledFor(s, days, time.Sleep) })
				var old []types.Shard // the longest listing so far
				for n := range 4*days + 2 {
					listings := 0
					client := &kinesistest.Watched{StreamAPI: s, After: func(out any) {
						list, ok := out.(*service.ListShardsOutput)
						if !ok {
							return
						}
						for _, shard := range list.Shards {
							if !slices.ContainsFunc(old, func(o types.Shard) bool { return *o.ShardId == *shard.ShardId }) {
								old = append(old, shard)
							}
						}
						listings++
						if n > 2*days && (stale == "at the start" && listings == 1 || stale == "later" && listings == 3) {
							list.Shards = slices.Concat(list.Shards, old)
						}
					}, Before: func(call string) error {
						if call == "GetShardIterator "+families.ShardName(0) && n > 2*days {
							t.Errorf("run %d reads the first shard again", n)
						}
						return nil
					}}
					records, err := readFor(t, client, time.Hour*24, o)
					s.Must(err)
					got = append(got, records...)
				}
				once(t, got, want)
				if n := len(m.File.Streams[0].Shards); n > 6 {
					t.Errorf("the checkpoint has %d shards in the end, want those of a day", n)
				}
			})
		})
	}
}

func TestFault03UnreadParentIsNotPast(t *testing.T) {
	// The end of one parent names a child before the listing shows the other parent. The other
	// parent has to be read before the child.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(
			&kinesistest.Shard{ID: "a", Closed: true, Records: []int{1}, Children: []string{"m"}},
			&kinesistest.Shard{ID: "m", Parent: "a", Adjacent: "b", Records: []int{3}})
		b := &kinesistest.Shard{ID: "b", Closed: true, Records: []int{2}, Children: []string{"m"}}
		shown := false
		f.Hook = func(call, _ string) error {
			if call == "GetRecords" && !shown {
				shown = true
				time.AfterFunc(time.Second, func() { f.Change(func() { f.Shards = append(f.Shards, b) }) })
			}
			return nil
		}
		m := kinesistest.NewMemory()
		o := testOptions()
		o.Positions = m
		w := &kinesistest.Watched{StreamAPI: f, After: func(out any) {
			if list, ok := out.(*service.ListShardsOutput); ok && !shown { // m is not listed yet either
				list.Shards = slices.DeleteFunc(list.Shards, func(s types.Shard) bool { return aws.ToString(s.ShardId) == "m" })
			}
		}}
		got, err := readFor(t, w, 5*time.Minute, o)
		if err != nil {
			t.Fatal(err)
		}
		once(t, got, []string{"1", "2", "3"})
	})
}

func TestFault03PruningVisitsEachShardOnce(t *testing.T) {
	// A chain of splits and merges. Only the last shard is not read.
	const n = 1000
	s := streamOf(&session{o: testOptions()})
	all := families.Pairs(n)
	s.lineage.Add(all)
	saved := map[string]checkpoint.Shard{}
	var ids []string
	for id, shard := range s.lineage.Shards {
		saved[id] = checkpoint.Shard{Parents: shard.Parents, Position: record.Position{Kind: record.ShardEnd}, ReadThrough: record.Time{Time: startedAt}}
		shard.State = lineage.Ended
		ids = append(ids, id)
	}
	last := families.ShardName(3 * n)
	// A shard that is not finished waits for the next whole listing.
	s.unlisted = [][]string{ids}
	if removed := s.prune(saved); len(removed) != len(all)-1 || len(saved) != 1 || !slices.Equal(s.unlistedBefore, []string{last}) {
		t.Errorf("one look at each of %d shards removed %d, and %.200q wait", len(all), len(removed), s.unlistedBefore)
	}
}

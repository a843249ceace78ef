package reader

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/local"
	"kin/internal/record"
)

func TestFault03WhatIsFinished(t *testing.T) {
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
		want   []string // that stay in the checkpoint
	}{
		{"read to its end, and its children are under way", family("b<a", "c<a"), saved("a", end, "b", after, "c", start), nil, []string{"b", "c"}},
		{"it is still listed", family("a!", "b<a"), saved("a", end, "b", after), nil, []string{"a", "b"}},
		{"no child is known", family("x"), saved("a", end, "x", after), nil, []string{"a", "x"}},
		{"a child begins with this run", family("b<a"), saved("a", end), nil, []string{"b"}},
		{"one parent of a merge is trimmed, the other is not read yet", family("b!", "m<a+b"), saved("a", end, "b", after, "m", start), nil, []string{"b", "m"}},
		{"three generations", family("d<c"), saved("a", end, "b", end, "c", end, "d", after), nil, []string{"a", "b", "d"}},
		{"generations that the file knows", family("d<c"), map[string]checkpoint.Shard{
			"a": end, "b": {Parents: []string{"a"}, Position: record.Position{Kind: record.ShardEnd}}, "c": {Parents: []string{"b"}, Position: record.Position{Kind: record.ShardEnd}}, "d": {Parents: []string{"c"}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}},
		}, nil, []string{"d"}},
		{"a parent that was lost", family("x<b"), map[string]checkpoint.Shard{
			"a": after, "b": {Parents: []string{"a"}, Position: record.Position{Kind: record.ShardEnd}}, "x": {Parents: []string{"b"}, Position: record.Position{Kind: record.TrimHorizon}},
		}, nil, []string{"x"}},
		{"a run that is restricted to it", family("b<a"), saved("a", end, "b", after), []string{"a"}, []string{"a", "b"}},
		{"a run that is restricted to others", family("b<a", "x"), saved("a", end, "b", after, "x", after), []string{"x"}, []string{"b", "x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &streamRun{run: &run{o: testOptions()}, ref: record.ParseStream("orders"), lineage: newLineage()}
			s.lineage.add(test.listed)
			s.listed = closedShards(listing{shards: test.listed})
			s.place = placement{"orders", record.Position{Kind: record.TrimHorizon}, startedAt, test.saved, everyone, test.only}
			lost, err := s.place.first(s.lineage)
			if err != nil {
				t.Fatal(err)
			}
			entries := maps.Clone(test.saved)
			for _, id := range lost { // as a run that may lose them
				entries[id] = goneBy(entries[id], startedAt)
			}
			for id, shard := range s.lineage.shards {
				if shard.state == waiting || shard.left {
					entries[id] = shard.at
				}
			}
			s.goneNow = [][]string{s.unlistedAtStart()}
			s.prune(entries)
			if got := slices.Sorted(maps.Keys(entries)); !slices.Equal(got, test.want) {
				t.Errorf("kept %v, want %v", got, test.want)
			}
		})
	}
}

// scaledFor splits and merges a stream every day, and puts a record into each
// shard. It returns the records.
func scaledFor(s *localService, days int, sleep func(time.Duration)) (want []string) {
	put := func(shard int) {
		text := fmt.Sprintf("of-%d", shard)
		s.put(shard, text)
		want = append(want, text)
	}
	put(0)
	for n := 0; n < 3*days; n += 3 {
		sleep(12 * time.Hour)
		s.split(n)
		put(n + 1)
		put(n + 2)
		sleep(12 * time.Hour)
		s.mergeInto(n+1, n+2)
		put(n + 3)
	}
	return want
}

func TestFault03WhatARunKnowsDoesNotGrowWithTheDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		m := newMemory()
		o := slow(testOptions())
		o.Positions = m
		r, err := New(s, o)
		s.must(err)
		const days = 10
		var want, got []string
		s.meanwhile(func() { want = scaledFor(s, days, time.Sleep) })
		r.o.Timeout = (days + 1) * 24 * time.Hour
		var statuses *shardStatuses
		s.must(r.Run(t.Context(), func(b *Batch) error {
			_, statuses = r.progress.get()
			got = append(got, batchRecords(b)...)
			return nil
		}))
		once(t, got, want)
		// Of the last day: two halves, and what they were merged into. The day's
		// first one ends with its 24 hours.
		const most = 6
		of := statuses.ordered[0]
		for what, n := range map[string]int{
			"shards of the checkpoint": len(m.file.Streams[0].Shards), "shards of the lineage": len(of.run.lineage.shards),
			"statuses": len(of.shards), "indexed parents": len(of.run.lineage.children), "past parents": len(of.run.lineage.past),
		} {
			if n > most || n == 0 && what != "past parents" {
				t.Errorf("%d %s after %d days and %d shards, want at most %d", n, what, days, 3*days+1, most)
			}
		}
	})
}

// slow keeps the calls of long runs few.
func slow(o Options) Options {
	o.MinFetchPeriod, o.ShardFetchInterval = 5*time.Minute, 10*time.Minute
	return o
}

func TestFault03ARunAfterPruningReadsNothingTwice(t *testing.T) {
	// Run after run, some of them with an old listing from before what was
	// pruned, at the start or later.
	for _, stale := range []string{"never", "at the start", "later"} {
		t.Run(stale, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 1, local.Options{})
				m := newMemory()
				o := slow(testOptions())
				o.Positions, o.Timeout = m, 6*time.Hour
				var want, got []string
				const days = 6
				s.meanwhile(func() { want = scaledFor(s, days, time.Sleep) })
				var old []types.Shard // the longest that was seen
				for n := range 4*days + 2 {
					listings := 0
					client := &watched{Client: s, after: func(out any) {
						list, ok := out.(*kinesis.ListShardsOutput)
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
					}, before: func(call string) error {
						if call == "GetShardIterator "+shardName(0) && n > 2*days {
							t.Errorf("run %d reads the first shard again", n)
						}
						return nil
					}}
					records, err := readFor(t, client, time.Hour*24, o)
					s.must(err)
					got = append(got, records...)
				}
				once(t, got, want)
				if n := len(m.file.Streams[0].Shards); n > 6 {
					t.Errorf("the checkpoint has %d shards in the end, want those of a day", n)
				}
			})
		})
	}
}

func TestFault03ALateListingThatShowsAPrunedShardChangesNothing(t *testing.T) {
	l := newLineage()
	l.add(family("c<b", "d<c"))
	p := placement{"orders", record.Position{Kind: record.TrimHorizon}, startedAt, map[string]checkpoint.Shard{"c": {Parents: []string{"b"}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}}}, everyone, nil}
	if _, err := p.first(l); err != nil {
		t.Fatal(err)
	}
	if found := l.add(family("a!", "b<a!", "c<b", "e<d")); len(found) != 1 || found[0].id != "e" {
		t.Errorf("found %d shards, want only the one that is new", len(found))
	}
	if l.shards["a"] != nil || l.shards["b"] != nil {
		t.Error("what was pruned is known again")
	}
}

func TestFault03AParentThatNobodyHasReadIsNotPast(t *testing.T) {
	// A child is told of by one of its parents before the listing knows the
	// other one, which has to be read all the same.
	synctest.Test(t, func(t *testing.T) {
		f := newFake(
			&fakeShard{id: "a", closed: true, records: []int{1}, children: []string{"m"}},
			&fakeShard{id: "m", parent: "a", adjacent: "b", records: []int{3}})
		b := &fakeShard{id: "b", closed: true, records: []int{2}, children: []string{"m"}}
		shown := false
		f.hook = func(call, _ string) error {
			if call == "GetRecords" && !shown {
				shown = true
				time.AfterFunc(time.Second, func() { f.change(func() { f.shards = append(f.shards, b) }) })
			}
			return nil
		}
		m := newMemory()
		o := testOptions()
		o.Positions = m
		w := &watched{Client: f, after: func(out any) {
			if list, ok := out.(*kinesis.ListShardsOutput); ok && !shown { // m is not listed yet either
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

func TestFault03GapsAndPruningLookAtEachShardOnce(t *testing.T) {
	// A chain of splits and merges, of which only the last shard is not read.
	const n = 1000
	s := &streamRun{run: &run{o: testOptions()}, ref: record.ParseStream("orders"), lineage: newLineage()}
	all := pairs(n)
	s.lineage.add(all)
	saved := map[string]checkpoint.Shard{}
	var ids []string
	for id, shard := range s.lineage.shards {
		saved[id] = checkpoint.Shard{Parents: shard.parents, Position: record.Position{Kind: record.ShardEnd}, ReadThrough: record.Time{Time: startedAt}}
		shard.state = ended
		ids = append(ids, id)
	}
	last := shardName(3 * n)
	p := placement{"orders", record.Position{Kind: record.TrimHorizon}, startedAt, saved, everyone, nil}
	if found := p.gaps(s.lineage, startedAt.Add(48*time.Hour), 24*time.Hour); len(found) != 1 || found[0].shard != last {
		t.Errorf("%d gaps, want one of %s", len(found), last)
	}
	if most := 2 * len(all); s.lineage.visits > most { // once for their parents, and once for their times
		t.Errorf("%d positions were looked at, want at most %d", s.lineage.visits, most)
	}
	// What is not finished when it is looked at waits for the next whole listing.
	s.goneNow = [][]string{ids}
	if removed := s.prune(saved); len(removed) != len(all)-1 || len(saved) != 1 || !slices.Equal(s.goneBefore, []string{last}) {
		t.Errorf("one look at each of %d shards removed %d, and %.200q wait", len(all), len(removed), s.goneBefore)
	}
}

// BenchmarkGaps is the guard's look at a checkpoint of many ended shards.
func BenchmarkGaps(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(fmt.Sprintf("%d pairs", n), func(b *testing.B) {
			l := newLineage()
			l.add(pairs(n))
			saved := map[string]checkpoint.Shard{}
			for id, s := range l.shards {
				saved[id] = checkpoint.Shard{Parents: s.parents, Position: record.Position{Kind: record.ShardEnd}, ReadThrough: record.Time{Time: startedAt}}
			}
			p := placement{"orders", record.Position{Kind: record.TrimHorizon}, startedAt, saved, everyone, nil}
			b.ReportAllocs()
			for b.Loop() {
				if found := p.gaps(l, startedAt.Add(48*time.Hour), 24*time.Hour); len(found) != 1 {
					b.Fatal(len(found))
				}
			}
		})
	}
}

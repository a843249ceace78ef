package reader

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

func TestRule1_1_DetectsEveryFormOfAShardEnd(t *testing.T) {
	for name, way := range kinesistest.Ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 2, way)
				s.Put(0, numbers(1, 7)...)
				s.Put(1, numbers(8, 9)...)
				s.Split(0)
				s.Put(2, "10")
				s.Put(3, "11")
				s.MergeInto(3, 1)
				s.Put(4, "12")
				time.Sleep(2 * time.Second)
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions, o.MaxRecordsPerFetch = m, 2
				got, err := readFor(t, s, time.Minute, o)
				s.Must(err)
				once(t, got, numbers(1, 12))
				ordered(t, got, append(numbers(1, 7), "11", "12")...)
				ordered(t, got, "7", "10")
				ordered(t, got, "9", "12")
				for shard, want := range map[int]record.PositionKind{0: record.ShardEnd, 1: record.ShardEnd, 3: record.ShardEnd,
					2: record.AfterSequenceNumber, 4: record.AfterSequenceNumber} {
					if at := m.File.Streams[0].Shards[families.ShardName(shard)].Kind; at != want {
						t.Errorf("shard %d is at %s, want %s", shard, at, want)
					}
				}
			})
		})
	}
}

func TestRule1_1_ChecksAnEndWhoseChildrenHaveNoParentsAgainstTheListing(t *testing.T) {
	// A and B merge into C, and the end of A names C without its parents. C still has to wait for
	// B.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(
			&kinesistest.Shard{ID: "a", Records: []int{1}, Closed: true, Children: []string{"c"}},
			&kinesistest.Shard{ID: "b", Records: []int{2, 3, 4, 5}, Closed: true, Children: []string{"c"}},
		)
		f.Page = 1
		nameless := &kinesistest.Watched{StreamAPI: f, Before: func(call string) error {
			if call == "GetShardIterator b" { // C appears after the first listing
				f.Change(func() {
					f.Shards = append(f.Shards, &kinesistest.Shard{ID: "c", Parent: "a", Adjacent: "b", Records: []int{6}})
				})
			}
			return nil
		}, After: func(out any) {
			if out, ok := out.(*service.GetRecordsOutput); ok {
				for i := range out.ChildShards {
					out.ChildShards[i].ParentShards = nil
				}
			}
		}}
		got, err := readFor(t, nameless, time.Minute, bounded())
		if err != nil {
			t.Fatal(err)
		}
		once(t, got, numbers(1, 6))
		ordered(t, got, "1", "6")
		ordered(t, got, "2", "3", "4", "5", "6")
	})
}

func TestRule1_2_SavesTheEndOfEveryParentBeforeItsChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Put(0, numbers(1, 3)...)
		s.Put(1, numbers(4, 9)...)
		s.MergeInto(0, 1)
		s.Put(2, "10")
		s.Split(2)
		s.Put(3, "11")
		s.Put(4, "12")
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions, o.MaxRecordsPerFetch = m, 2
		parents := map[string][]int{"10": {0, 1}, "11": {2}, "12": {2}}
		s.Must(readInto(t, s, time.Minute, o, func(b *Batch) error {
			for _, written := range batchRecords(b) {
				for _, parent := range parents[written] {
					if at := m.File.Streams[0].Shards[families.ShardName(parent)].Kind; at != record.ShardEnd {
						t.Errorf("%s was written while its parent, shard %d, stood at %s", written, parent, at)
					}
				}
				delete(parents, written)
			}
			return nil
		}))
		if len(parents) > 0 {
			t.Errorf("not written: %v", parents)
		}
	})
}

func TestRule1_2_ParentThatWasTrimmedDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		s.Split(0)
		time.Sleep(25 * time.Hour)
		s.Put(1, "2")
		s.Put(2, "3")
		time.Sleep(2 * time.Second)
		got, err := readFor(t, s, time.Minute, bounded())
		s.Must(err)
		once(t, got, []string{"2", "3"})
	})
}

func TestRule1_3_ReadsChildrenFromTheirStart(t *testing.T) {
	// From latest: the children hold records long before they are found. A position at a time, both
	// of whose records are newer, is their start too.
	for name, way := range map[string]local.Options{"named by the end of the parent": {}, "found in a listing": {OmitChildShards: true}} {
		for _, from := range []record.Position{{Kind: record.Latest}, {Kind: record.Ago, Age: time.Second}} {
			t.Run(name+" from "+from.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := kinesistest.NewService(t, 1, way)
					s.Put(0, "0")
					time.Sleep(3 * time.Second)
					s.Meanwhile(func() {
						time.Sleep(10 * time.Second)
						s.Put(0, "1")
						s.Split(0)
						s.Put(1, "2")
						s.Put(2, "3")
						s.Split(2)
						s.Put(3, "4")
						time.Sleep(10 * time.Second)
						s.Put(4, "5")
					})
					o := testOptions()
					o.InitialPosition, o.ShardFetchInterval = from, time.Hour
					o.MinFetchPeriod = 5 * time.Second // so that the split is found late
					got, err := readFor(t, s, time.Minute, o)
					s.Must(err)
					once(t, got, numbers(1, 5))
					ordered(t, got, "1", "2")
					ordered(t, got, "1", "3", "4", "5")
				})
			})
		}
	}
}

func TestRule1_4_ReadsShardsThatAreClosedAtTheStart(t *testing.T) {
	// One shard that is split after an hour, and merged after another.
	for _, test := range []struct {
		from record.Position
		want []string
	}{
		{record.Position{Kind: record.TrimHorizon}, numbers(1, 5)},
		{record.Position{Kind: record.Latest}, []string{"5"}},
		{record.Position{Kind: record.Ago, Age: 150 * time.Minute}, numbers(2, 5)},
		{record.Position{Kind: record.Ago, Age: 90 * time.Minute}, numbers(4, 5)},
		{record.Position{Kind: record.Ago, Age: 30 * time.Minute}, []string{"5"}},
	} {
		t.Run(test.from.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				s.Put(0, "1")
				time.Sleep(time.Hour)
				s.Split(0)
				s.Put(1, "2")
				s.Put(2, "3")
				time.Sleep(time.Hour)
				s.MergeInto(1, 2)
				s.Put(3, "4")
				time.Sleep(time.Hour)
				s.Meanwhile(func() {
					time.Sleep(10 * time.Second)
					s.Put(3, "5")
				})
				o := testOptions()
				o.InitialPosition = test.from
				got, err := readFor(t, s, time.Minute, o)
				s.Must(err)
				once(t, got, test.want)
				ordered(t, got, slices.DeleteFunc(slices.Clone(test.want), func(r string) bool { return r == "3" })...)
			})
		})
	}
}

package reader

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
)

// positionsIn are positions of a run that has read records of the shards up to
// the sequence numbers.
func positionsIn(shards map[string]string) *memory {
	m := newMemory()
	s := checkpoint.Stream{Name: "orders", InitialPosition: "trim_horizon", StartedAt: checkpoint.Time{Time: time.Now()}, Shards: map[string]checkpoint.Shard{}}
	for id, sequence := range shards {
		s.Shards[id] = checkpoint.Shard{Position: checkpoint.AfterSequenceNumber, SequenceNumber: sequence, UpdatedAt: checkpoint.Time{Time: time.Now()}}
	}
	m.file.Streams = []checkpoint.Stream{s}
	return m
}

// Positions in a shard that the stream has not had are another stream's, and
// would keep a shard of that ID from ever being read.
func TestPositionsInAShardThatNeverWasAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(&fakeShard{id: "a", records: []int{1, 2}})
		m := positionsIn(map[string]string{"a": "1", "b": "7"})
		o := testOptions()
		o.Positions, o.AvailableNow = m, true
		_, err := collectRun(t.Context(), t, f, o)
		var unusable *CheckpointError
		if !errors.As(err, &unusable) || unusable.Reason != "stream orders has had no shard b: its last one is a" {
			t.Errorf("got %v", err)
		}
		if got := len(f.times("ListShards", "")); got != 1+confirmations || len(m.saved) > 0 {
			t.Errorf("%d listings and %d saves, want %d and none", got, len(m.saved), 1+confirmations)
		}
	})
}

// A listing may lag behind what the end of a shard said of its children.
func TestAChildThatAListingDoesNotShowYetIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(&fakeShard{id: "a", records: []int{1}, closed: true, children: []string{"b"}})
		f.hook = func(call, _ string) error {
			if call == "ListShards" && len(f.times("ListShards", "")) == 2 {
				f.change(func() { f.shards = append(f.shards, &fakeShard{id: "b", parent: "a", records: []int{2, 3}}) })
			}
			return nil
		}
		m := positionsIn(map[string]string{"a": "1", "b": "2"})
		o := testOptions()
		o.Positions, o.AvailableNow = m, true
		got, err := collectRun(t.Context(), t, f, o)
		if err != nil || strings.Join(got, " ") != "3" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

package lineage

import (
	"fmt"
	"slices"
	"testing"

	"kin/internal/kinesistest/families"
)

func TestWalkVisitsEachShardBelowItsFirstKnownParent(t *testing.T) {
	for _, c := range []struct {
		name   string
		shards []string
		want   []string
	}{
		{"none", nil, nil},
		{"a split and a merge, children first", []string{"e<c+b", "d<a", "c<a", "b", "a"}, []string{"a 0", "c 1", "e 2 last", "d 1 last", "b 0", "e 1 last, below c"}},
		{"a first parent that is not known", []string{"d<x+b", "b"}, []string{"b 0", "d 1 last"}},
		{"shards that descend from each other come last", []string{"a<b", "b<a", "c"}, []string{"c 0", "a 0", "b 1 last"}},
	} {
		l := NewTree()
		l.Add(families.Of(c.shards...))
		var got []string
		for s := range l.Walk() {
			line := fmt.Sprintf("%s %d", s.Shard.ID, s.Depth)
			if s.Last {
				line += " last"
			}
			if s.Elsewhere != "" {
				line += ", below " + s.Elsewhere
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWalkStopsWithItsLoop(t *testing.T) {
	l := NewTree()
	l.Add(families.Pairs(10))
	steps := 0
	for range l.Walk() {
		if steps++; steps == 7 {
			break
		}
	}
	if steps != 7 {
		t.Errorf("%d steps", steps)
	}
}

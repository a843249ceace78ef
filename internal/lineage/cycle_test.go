package lineage

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

func TestFault01FindsAShardThatIsItsOwnAncestor(t *testing.T) {
	for _, test := range []struct {
		name    string
		parents map[string][]string
		want    string
	}{
		{"none", nil, ""},
		{"a split and a merge", map[string][]string{"1": {"0"}, "2": {"0"}, "3": {"1", "2"}}, ""},
		{"parents that are not known", map[string][]string{"1": {"9"}, "2": {"1", "8"}}, ""},
		{"decreasing IDs without a cycle", map[string][]string{"1": {"3"}, "3": {"2"}, "2": nil}, ""},
		{"its own parent", map[string][]string{"0": nil, "1": {"1"}}, "1"},
		{"its own other parent", map[string][]string{"0": nil, "1": {"0", "1"}}, "1"},
		{"each other's parents", map[string][]string{"0": {"1"}, "1": {"0"}}, "0"},
		{"a long cycle", map[string][]string{"0": {"4"}, "1": {"0"}, "2": {"1"}, "3": {"2"}, "4": {"3"}, "5": {"4"}}, "0"},
		{"after a shard that is in no cycle", map[string][]string{"0": {"7"}, "5": {"6"}, "6": {"5"}}, "5"},
	} {
		if got := OwnAncestor(slices.Sorted(maps.Keys(test.parents)), func(id string) []string { return test.parents[id] }); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestFault01CycleSearchVisitsEachShardOnce(t *testing.T) {
	// Pairs of splits and merges have 2^n paths from the bottom to the top. The IDs decrease, so
	// each path must be checked.
	const pairs = 5000
	parents := map[string][]string{}
	id := func(n int) string { return fmt.Sprintf("shardId-%012d", 10*pairs-n) }
	for n := range pairs {
		top := 3 * n
		parents[id(top+1)] = []string{id(top)}
		parents[id(top+2)] = []string{id(top)}
		parents[id(top+3)] = []string{id(top + 1), id(top + 2)}
	}
	visits := map[string]int{}
	got := OwnAncestor(slices.Sorted(maps.Keys(parents)), func(id string) []string {
		visits[id]++
		return parents[id]
	})
	if got != "" {
		t.Errorf("%s is reported as its own ancestor", got)
	}
	for id, n := range visits {
		if n > 2 { // once to compare IDs, once on the path
			t.Fatalf("%s was visited %d times, want 2", id, n)
		}
	}
}

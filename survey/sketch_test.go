package survey

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// What the algorithm promises: no count is too low, none is too high by more
// than it says, memory is bounded, and no key with more than a room's part of
// all weight is missing.
func TestTheSketchKeepsItsPromisesUnderManyKeys(t *testing.T) {
	const capacity = 50
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		s, truth, total := newSketch(capacity), map[string]int64{}, int64(0)
		for range 20_000 {
			key := fmt.Sprint("cold-", random.IntN(5000))
			if random.IntN(10) < 3 {
				key = fmt.Sprint("hot-", random.IntN(3))
			}
			weight := 1 + random.Int64N(1000)
			s.add(key, weight)
			truth[key] += weight
			total += weight
		}
		if len(s.counters) != capacity || len(s.of) != capacity {
			t.Fatalf("%d counters, %d keys", len(s.counters), len(s.of))
		}
		for _, c := range s.counters {
			if c.count < truth[c.key] || c.count-c.over > truth[c.key] {
				t.Fatalf("%s: %d to %d, in truth %d", c.key, c.count-c.over, c.count, truth[c.key])
			}
			if s.of[c.key] != c || s.counters[c.at] != c {
				t.Fatalf("%s is not where it should be", c.key)
			}
		}
		for key, weight := range truth {
			if weight > total/capacity && s.of[key] == nil {
				t.Fatalf("%s has %d of %d and is missing", key, weight, total)
			}
		}
		var hot []string
		for _, k := range s.heaviest(3, total/100) {
			hot = append(hot, k.key)
			if k.weight < truth[k.key]*9/10 {
				t.Errorf("%s: %d of %d", k.key, k.weight, truth[k.key])
			}
		}
		if slices.Sort(hot); !slices.Equal(hot, []string{"hot-0", "hot-1", "hot-2"}) {
			t.Fatalf("hottest: %v", hot)
		}
	}
}

func TestFewKeysAreCountedExactly(t *testing.T) {
	s := newSketch(4)
	for _, key := range []string{"b", "a", "b", "c", "b", "a"} {
		s.add(key, 10)
	}
	want := []weighed{{"b", 30}, {"a", 20}, {"c", 10}}
	if got := s.heaviest(5, 0); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := s.heaviest(5, 15); !slices.Equal(got, want[:2]) {
		t.Errorf("%v with at least 15", got)
	}
	if got := s.heaviest(1, 0); !slices.Equal(got, want[:1]) {
		t.Errorf("%v of one", got)
	}
}

func BenchmarkSketch(b *testing.B) {
	keys := make([]string, 10_000)
	for i := range keys {
		keys[i] = fmt.Sprint("key-", i)
	}
	s := newSketch(sketchCapacity)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.add(keys[i%len(keys)], 100)
	}
}

package local

import (
	"fmt"
	"testing"
)

func filled(n int) *shard {
	s := &shard{epoch: 1, meters: newShardMeters(LimitsOff)}
	for i := range n {
		s.append(record{data: []byte(fmt.Sprint(i)), arrival: int64(1000 + i)})
	}
	return s
}

func (p page) texts() []string {
	var list []string
	for _, part := range p.parts {
		for _, r := range part {
			list = append(list, string(r.data))
		}
	}
	return list
}

func TestPagesOverManySegments(t *testing.T) {
	const n = 3*segmentSize + 17
	s := filled(n)
	for _, size := range []int{1, 7, segmentSize, segmentSize + 1, n, n + 1} {
		index := uint64(0)
		for seen := 0; seen < n; {
			p := s.page(index, size, 1<<30)
			list := p.texts()
			if p.count != len(list) || p.count != min(size, n-seen) || p.first != index {
				t.Fatalf("page of %d at %d holds %d records, says %d from %d", size, index, len(list), p.count, p.first)
			}
			for _, text := range list {
				if text != fmt.Sprint(seen) {
					t.Fatalf("page of %d at %d: got %s, want %d", size, index, text, seen)
				}
				seen++
			}
			index += uint64(p.count)
		}
		if p := s.page(index, size, 1<<30); p.count != 0 {
			t.Fatalf("%d records behind the last", p.count)
		}
	}
}

func TestAPageIsLimitedInBytesButHasARecord(t *testing.T) {
	s := filled(segmentSize + 10) // payloads with four digits from number 1000 on
	for _, c := range []struct {
		index uint64
		bytes int
		want  int
	}{
		{0, 3, 3}, {0, 1, 1}, {0, 0, 1}, {1000, 9, 2}, {1000, 3, 1}, {segmentSize - 2, 4 * 5, 5}, {segmentSize - 1, 4, 1},
	} {
		if p := s.page(c.index, 10000, c.bytes); p.count != c.want || len(p.texts()) != c.want {
			t.Errorf("at %d a page of %d bytes holds %d (%q), want %d", c.index, c.bytes, p.count, p.texts(), c.want)
		}
	}
}

func TestTrimRemovesWholeSegmentsAndKeepsIndexes(t *testing.T) {
	const n = 3 * segmentSize
	s := filled(n)
	s.trim(1000 + segmentSize + 5)
	if s.oldest != segmentSize+5 || len(s.segments) != 2 || s.base != segmentSize {
		t.Errorf("oldest %d, %d segments from %d", s.oldest, len(s.segments), s.base)
	}
	if p := s.page(0, 1, 1<<30); p.first != s.oldest || p.texts()[0] != fmt.Sprint(segmentSize+5) {
		t.Errorf("the oldest record is %q at %d", p.texts(), p.first)
	}
	s.trim(1 << 40)
	if s.oldest != n || s.next != n || len(s.segments) != 0 {
		t.Errorf("oldest %d, next %d, %d segments", s.oldest, s.next, len(s.segments))
	}
	q := s.append(record{data: []byte("new"), arrival: 1 << 40})
	if q.index != n+1 || s.page(0, 10, 1<<30).texts()[0] != "new" {
		t.Errorf("after everything was trimmed the next record has index %d", q.index)
	}
}

func TestArrivalsInAShardNeverDecrease(t *testing.T) {
	s := &shard{created: 500}
	for _, ms := range []int64{100, 2000, 1500, 3000} {
		s.append(record{arrival: ms})
	}
	var got []int64
	for i := range s.next {
		got = append(got, s.at(i).arrival)
	}
	if fmt.Sprint(got) != "[500 2000 2000 3000]" {
		t.Errorf("got %v", got)
	}
}

func TestSinceFindsTheFirstAtOrAfter(t *testing.T) {
	s := filled(10) // arrivals 1000 to 1009
	for ms, want := range map[int64]uint64{0: 0, 1000: 0, 1001: 1, 1009: 9, 1010: 10} {
		if got := s.since(ms); got != want {
			t.Errorf("since(%d) = %d, want %d", ms, got, want)
		}
	}
}

func TestShardNumber(t *testing.T) {
	for id, want := range map[string]int64{
		"shardId-000000000007": 7, "shardId-7": 7, "7": 7, "x-7": 7, "shardId-002147483647": 2147483647,
		"shardId-002147483648": -1, "shardId": -1, "": -1, "shardId--1": -1, "shardId-1e3": -1,
	} {
		got, ok := shardNumber(id)
		if ok != (want >= 0) || ok && int64(got) != want {
			t.Errorf("shardNumber(%q) = %d, %v, want %d", id, got, ok, want)
		}
	}
}

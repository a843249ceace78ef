package reader

import (
	"slices"
	"strings"
	"time"

	"kin/internal/record"
)

// lagPortion is how many steps a pass takes while it holds the lock that the collector needs.
const lagPortion = 256

// lagWalk is the state of a pass over the shards of a stream.
type lagWalk struct {
	stream    *streamStatuses
	unvisited []*shardStatus // shards still to visit
	// stack has the shard being visited, then its ancestors without a lag yet. It may be as
	// deep as the lineage, so it outlives a portion.
	stack []*shardStatus
}

// each calls do with the lag of every shard that is being read or waits for its parents, if it has
// a lag. The order is that of the run's streams, then by shard ID. Each shard is visited once,
// however many shards descend from it.
func (a *shardStatuses) each(do func(stream int, shard string, behind time.Duration)) {
	a.lags.mu.Lock()
	defer a.lags.mu.Unlock()
	a.lags.round++
	now := time.Now()
	service := a.run.serviceTime(now)
	for i, stream := range a.ordered {
		a.sort(stream)
		w := &lagWalk{stream: stream, unvisited: stream.sorted}
		for len(w.unvisited)+len(w.stack) > 0 {
			for _, s := range a.portion(w, now, service) {
				do(i, s.ID, s.lag.behind)
			}
		}
	}
}

// portion computes the lags of some shards and returns those that have one.
func (a *shardStatuses) portion(w *lagWalk, now, service time.Time) (found []*shardStatus) {
	a.mu.Lock()
	defer a.mu.Unlock()
	steps := 0
	for ; steps < lagPortion && len(w.unvisited)+len(w.stack) > 0; steps++ {
		if len(w.stack) == 0 {
			if s := w.unvisited[0]; s.isReported() {
				w.stack = append(w.stack, s)
			}
			w.unvisited = w.unvisited[1:]
			continue
		}
		s := w.stack[len(w.stack)-1]
		a.step(w, s, now, service)
		if len(w.stack) == 0 && s.lag.known && s.isReported() { // it may have ended since the last portion
			found = append(found, s)
		}
	}
	a.lags.maxSteps = max(a.lags.maxSteps, steps)
	return found
}

// isReported reports whether a shard's lag counts. It does not if the shard has ended, is paused at
// a bound, or was pruned.
func (s *shardStatus) isReported() bool { return !s.last && !s.removed.Load() }

// sort adds new shards to the sorted ones and removes those that were pruned.
func (a *shardStatuses) sort(stream *streamStatuses) {
	a.mu.Lock()
	stream.addFound()
	added, pruned := stream.added, stream.pruned
	stream.added, stream.pruned = nil, false
	a.mu.Unlock()
	byID := func(a, b *shardStatus) int { return strings.Compare(a.ID, b.ID) }
	stream.sorted = append(stream.sorted, added...)
	if pruned {
		stream.sorted = slices.DeleteFunc(stream.sorted, func(s *shardStatus) bool { return s.removed.Load() })
	}
	if !slices.IsSortedFunc(stream.sorted, byID) {
		slices.SortFunc(stream.sorted, byID)
	}
}

// step computes the lag of the shard on top of the stack and removes it. If it needs the lags of
// parents first, it pushes the parents. The caller holds both locks. A shard may change between two
// portions, so each step reads its state again.
func (a *shardStatuses) step(w *lagWalk, s *shardStatus, now, service time.Time) {
	round, before := a.lags.round, len(w.stack)
	if !s.answered && s.lag.round != round {
		for _, id := range s.Parents {
			if p := w.stream.shards[id]; p != nil && !p.hasEnded && p.lag.round != round {
				w.stack = append(w.stack, p)
			}
		}
	}
	if len(w.stack) > before {
		return
	}
	w.stack = w.stack[:before-1]
	if s.lag.round != round {
		a.lags.visits++
		behind, known := a.lagOf(w.stream, s, now, service)
		s.lag = shardLag{round, behind, known}
	}
}

// lagOf is the lag of a shard whose parents' lags are known. It is the shard's last
// MillisBehindLatest, plus the time for which it is silent longer than usual. Before its first
// answer, it is the largest lag of its parents, or the time since they ended. Without parents it is
// the time since the shard was last read, or since its initial position.
func (a *shardStatuses) lagOf(stream *streamStatuses, s *shardStatus, now, service time.Time) (behind time.Duration, ok bool) {
	if s.answered {
		late := now.Sub(s.at) - a.run.silence()
		return time.Duration(s.behind)*time.Millisecond + max(0, late), true
	}
	for _, id := range s.Parents {
		switch p := stream.shards[id]; {
		case p == nil:
		case p.hasEnded && !p.ended.IsZero():
			behind, ok = max(behind, now.Sub(p.ended)), true
		case !p.hasEnded && p.lag.known:
			behind, ok = max(behind, p.lag.behind), true
		}
	}
	if ok {
		return behind, true
	}
	since := s.Shard.At.ReadThrough
	if since.IsZero() && s.Shard.At.Kind == record.AtTimestamp {
		since = s.Shard.At.Timestamp
	}
	if !since.IsZero() {
		return max(0, service.Sub(since.Time)), true
	}
	return 0, false
}

// list returns the lags as Progress has them, and the largest of them.
func (a *shardStatuses) list() (all []Lag, longest time.Duration) {
	a.each(func(stream int, shard string, behind time.Duration) {
		all = append(all, Lag{a.run.streams[stream].ref.Name, shard, behind.Milliseconds()})
		longest = max(longest, behind.Truncate(time.Millisecond))
	})
	return all, longest
}

// figures computes the connector's three figures from the lags of shards.
func (a *shardStatuses) figures() []StreamLag {
	figures := make([]StreamLag, len(a.run.streams))
	for i, s := range a.run.streams {
		figures[i].Stream = s.ref.Name
	}
	a.each(func(stream int, _ string, behind time.Duration) { figures[stream].count(behind.Milliseconds()) })
	for i := range figures {
		figures[i].finish()
	}
	return figures
}

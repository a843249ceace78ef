package reader

import (
	"slices"
	"strings"
	"time"

	"kin/internal/record"
)

// lagPortion is how many steps a pass makes while it holds the lock that blocks
// are taken under.
const lagPortion = 256

// lagWalk is how far a pass is with the shards of a stream.
type lagWalk struct {
	stream *streamStatuses
	left   []*shardStatus // to be looked at
	// way leads from the shard that is looked at to ancestors without a lag yet. It
	// may be as long as the lineage is deep, and so it outlives a portion.
	way []*shardStatus
}

// each calls do with the lag of every shard that is read or waits for its
// parents, and that has one: by stream in the run's order, and by shard ID. Each
// shard is visited once, however many descend from it.
func (a *shardStatuses) each(do func(stream int, shard string, behind time.Duration)) {
	a.lags.mu.Lock()
	defer a.lags.mu.Unlock()
	a.lags.round++
	now := time.Now()
	service := a.run.serviceTime(now)
	for i, stream := range a.ordered {
		a.sort(stream)
		w := &lagWalk{stream: stream, left: stream.sorted}
		for len(w.left)+len(w.way) > 0 {
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
	for ; steps < lagPortion && len(w.left)+len(w.way) > 0; steps++ {
		if len(w.way) == 0 {
			if s := w.left[0]; s.isReported() {
				w.way = append(w.way, s)
			}
			w.left = w.left[1:]
			continue
		}
		s := w.way[len(w.way)-1]
		a.step(w, s, now, service)
		if len(w.way) == 0 && s.lag.known && s.isReported() { // it may have ended since the portion before
			found = append(found, s)
		}
	}
	a.lags.most = max(a.lags.most, steps)
	return found
}

// isReported reports whether a shard's lag counts: not if it has ended, is paused at a
// bound, or was pruned.
func (s *shardStatus) isReported() bool { return !s.last && !s.removed.Load() }

// sort takes new shards into the sorted ones, and those that were pruned out.
func (a *shardStatuses) sort(stream *streamStatuses) {
	a.mu.Lock()
	stream.learn()
	fresh, pruned := stream.fresh, stream.pruned
	stream.fresh, stream.pruned = nil, false
	a.mu.Unlock()
	byID := func(a, b *shardStatus) int { return strings.Compare(a.ID, b.ID) }
	stream.sorted = append(stream.sorted, fresh...)
	if pruned {
		stream.sorted = slices.DeleteFunc(stream.sorted, func(s *shardStatus) bool { return s.removed.Load() })
	}
	if !slices.IsSortedFunc(stream.sorted, byID) {
		slices.SortFunc(stream.sorted, byID)
	}
}

// step computes how far the last shard on the way is behind, and takes it off. If it
// needs the lags of parents first, step puts them on the way. It wants both locks
// held. A shard may change between two portions: each step looks at it anew.
func (a *shardStatuses) step(w *lagWalk, s *shardStatus, now, service time.Time) {
	round, before := a.lags.round, len(w.way)
	if !s.answered && s.lag.round != round {
		for _, id := range s.Parents {
			if p := w.stream.shards[id]; p != nil && !p.hasEnded && p.lag.round != round {
				w.way = append(w.way, p)
			}
		}
	}
	if len(w.way) > before {
		return
	}
	w.way = w.way[:before-1]
	if s.lag.round != round {
		a.lags.visits++
		behind, known := a.lagOf(w.stream, s, now, service)
		s.lag = shardLag{round, behind, known}
	}
}

// lagOf is how far a shard is behind whose parents' lags are computed: what it
// said last, and what has passed since when it has said nothing for longer than
// is usual. Until it has said anything, it is as far as its parents, or as what
// may have come since they ended; and without parents, as what came since it was
// read last, or since the time where its reading begins.
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

// list is the lags as Progress has them, and the longest of them.
func (a *shardStatuses) list() (all []Lag, longest time.Duration) {
	a.each(func(stream int, shard string, behind time.Duration) {
		all = append(all, Lag{a.run.streams[stream].ref.Name, shard, behind.Milliseconds()})
		longest = max(longest, behind.Truncate(time.Millisecond))
	})
	return all, longest
}

// figures makes the connector's three figures out of the lags of shards.
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

package reader

import (
	"slices"
	"strings"
	"time"

	"kin/internal/record"
)

// lagPortion is how many shards a pass looks at while it holds the lock that
// blocks are taken under.
const lagPortion = 256

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
		for some := range slices.Chunk(stream.sorted, lagPortion) {
			for _, s := range a.portion(stream, some, now, service) {
				do(i, s.ID, s.lag.behind)
			}
		}
	}
}

// portion computes the lags of some shards and returns those that have one.
func (a *shardStatuses) portion(stream *streamStatuses, some []*shardStatus, now, service time.Time) (found []*shardStatus) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range some {
		if s.last || s.removed.Load() {
			continue // ended, paused at a bound, or pruned
		}
		if a.find(stream, s, now, service); s.lag.known {
			found = append(found, s)
		}
	}
	return found
}

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

// find computes how far a shard is behind, and on the way its parents as far as
// they are needed, without recursion. It wants both locks held.
func (a *shardStatuses) find(stream *streamStatuses, s *shardStatus, now, service time.Time) {
	round := a.lags.round
	way := []*shardStatus{s}
	for len(way) > 0 {
		s := way[len(way)-1]
		missing := false
		if !s.answered && s.lag.round != round {
			for _, id := range s.Parents {
				if p := stream.shards[id]; p != nil && !p.hasEnded && p.lag.round != round {
					way, missing = append(way, p), true
				}
			}
		}
		if missing {
			continue
		}
		way = way[:len(way)-1]
		if s.lag.round != round {
			a.lags.visits++
			behind, known := a.lagOf(stream, s, now, service)
			s.lag = shardLag{round, behind, known}
		}
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

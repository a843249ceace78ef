package queue

import (
	"slices"
	"time"

	"kin/internal/lineage"
)

// shardMap predicts the shard of a record. It is the open shard whose range contains the
// MD5 of the partition key, or the explicit hash key. Without a list of shards, and for a
// stream that ignores keys, it predicts nothing.
type shardMap struct {
	ranges    []Range       // sorted by starting hash key
	queues    []*ShardQueue // one for each range
	unknown   []*ShardQueue // used if the shards are not known
	limited   bool
	probeTime time.Duration
}

// unknownQueues is the number of queues if the shards are not known. With several queues, a
// paused one does not block everything.
const unknownQueues = 16

// set replaces the ranges. Shards that remain keep their queues.
func (m *shardMap) set(ranges []Range) {
	old := map[string]*ShardQueue{}
	for _, s := range m.queues {
		old[s.id] = s
	}
	m.ranges, m.queues = ranges, nil
	for _, r := range ranges {
		s := old[r.ShardID]
		if s == nil {
			s = newShardQueue(r.ShardID, m.limited, m.probeTime)
		}
		m.queues = append(m.queues, s)
	}
	if len(ranges) == 0 && m.unknown == nil {
		for range unknownQueues {
			m.unknown = append(m.unknown, newShardQueue("", false, m.probeTime))
		}
	}
}

// queueOf returns the queue for a hash key.
func (m *shardMap) queueOf(k lineage.HashKey) *ShardQueue {
	if len(m.ranges) == 0 {
		return m.unknown[k.Spread(len(m.unknown))]
	}
	return m.queues[m.at(k)]
}

// predict returns the ID of the shard that a record goes to; empty if it is not known.
func (m *shardMap) predict(r *Record) string {
	if len(m.ranges) == 0 {
		return ""
	}
	return m.ranges[m.at(r.hashKey())].ShardID
}

// at returns the index of the range that contains k.
func (m *shardMap) at(k lineage.HashKey) int {
	at, exact := slices.BinarySearchFunc(m.ranges, k, func(r Range, k lineage.HashKey) int { return r.Starting.Compare(k) })
	if !exact {
		at--
	}
	return max(at, 0)
}

package queue

import (
	"slices"
	"time"

	"kin/internal/lineage"
)

// shardMap predicts which shard a record goes to: the open shard whose range
// holds the MD5 of its partition key, or its explicit hash key. Without a list
// of shards, and on a stream that ignores keys, it predicts nothing.
type shardMap struct {
	ranges    []Range       // by starting hash key
	queues    []*ShardQueue // one for each range
	unknown   []*ShardQueue // when nothing is predicted
	limited   bool
	probeTime time.Duration
}

// unknownQueues are how many queues there are when it is not known which shards:
// one that rests for a while should not stop all.
const unknownQueues = 16

// set replaces the ranges. Shards that stay keep their queues.
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

// queueOf is the queue for a hash key.
func (m *shardMap) queueOf(k lineage.HashKey) *ShardQueue {
	if len(m.ranges) == 0 {
		return m.unknown[k.Spread(len(m.unknown))]
	}
	return m.queues[m.at(k)]
}

// predict is the ID of the shard a record goes to, or empty.
func (m *shardMap) predict(r *Record) string {
	if len(m.ranges) == 0 {
		return ""
	}
	return m.ranges[m.at(r.hashKey())].ShardID
}

// at is the index of the range that holds k.
func (m *shardMap) at(k lineage.HashKey) int {
	at, exact := slices.BinarySearchFunc(m.ranges, k, func(r Range, k lineage.HashKey) int { return r.Starting.Compare(k) })
	if !exact {
		at--
	}
	return max(at, 0)
}

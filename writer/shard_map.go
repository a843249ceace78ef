package writer

import (
	"context"
	"slices"
	"time"

	"kin/internal/kpl"
)

// shardRange is an open shard and its part of the hash key space.
type shardRange struct {
	id string
	kpl.HashKeyRange
}

// shardMap predicts which shard a record goes to: the open shard whose range
// holds the MD5 of its partition key, or its explicit hash key. Without a list
// of shards, and on a stream that ignores keys, it predicts nothing.
type shardMap struct {
	ranges []shardRange // by starting hash key
	lanes  []*lane      // one for each range
	blind  []*lane      // when nothing is predicted
	shaped bool

	mistaken   bool // a record went elsewhere
	refreshing bool
	after      time.Time // no refresh because of a mistake before that
	useless    int       // refreshes in a row because of mistakes that brought nothing new

	recheckAfter time.Time // no refresh because of dispatcher.recheck before that
	rechecks     int       // refreshes in a row because of it
}

// A record that went elsewhere asks for a new list of shards: soon the first
// time, later when that brings nothing new, and after a few such nothing is
// predicted any more.
const (
	refreshFirst = time.Second
	refreshMost  = time.Minute
	refreshTries = 5
)

// refreshPause is how long the next list waits after so many in a row that
// brought nothing new.
func refreshPause(useless int) time.Duration {
	const doublings = 6 // refreshFirst after these is more than refreshMost
	return min(refreshMost, refreshFirst<<min(useless, doublings))
}

// blindLanes are how many queues there are when it is not known which shards:
// one that is closed for a while should not stop all.
const blindLanes = 16

func newShardMap(facts streamFacts, shaped bool) *shardMap {
	m := &shardMap{shaped: shaped}
	m.set(facts.shards)
	return m
}

// set replaces the ranges. Shards that stay keep their lanes.
func (m *shardMap) set(ranges []shardRange) {
	old := map[string]*lane{}
	for _, l := range m.lanes {
		old[l.shardID] = l
	}
	m.ranges, m.lanes = ranges, nil
	for _, r := range ranges {
		l := old[r.id]
		if l == nil {
			l = newLane(r.id, m.shaped)
		}
		m.lanes = append(m.lanes, l)
	}
	if len(ranges) == 0 && m.blind == nil {
		for range blindLanes {
			m.blind = append(m.blind, newLane("", false))
		}
	}
}

// laneOf is the queue for a hash key.
func (m *shardMap) laneOf(k kpl.HashKey) *lane {
	if len(m.ranges) == 0 {
		return m.blind[k.Spread(len(m.blind))]
	}
	return m.lanes[m.at(k)]
}

// at is the index of the range that holds k.
func (m *shardMap) at(k kpl.HashKey) int {
	at, exact := slices.BinarySearchFunc(m.ranges, k, func(r shardRange, k kpl.HashKey) int { return r.Starting.Compare(k) })
	if !exact {
		at--
	}
	return max(at, 0)
}

// predict is the ID of the shard a record goes to, or empty.
func (m *shardMap) predict(e *entry) string {
	if len(m.ranges) == 0 {
		return ""
	}
	return m.ranges[m.at(hashOf(e))].id
}

// hold holds a prediction against what came true, whichever of the two is the
// newer shard: a stream may have been deleted and created again.
func (m *shardMap) hold(e *entry, shard string) {
	if len(m.ranges) > 0 && shard != "" && m.predict(e) != shard {
		m.mistaken = true
	}
}

// hashOf is where a record goes in the hash key space.
func hashOf(e *entry) kpl.HashKey {
	return kpl.Record{PartitionKey: e.PartitionKey, ExplicitHashKey: e.ExplicitHashKey}.HashKey()
}

// refreshDue says, once, that the shards should be listed anew.
func (d *dispatcher) refreshDue(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.shards
	mistaken := m.mistaken && !now.Before(m.after)
	recheck := d.recheck && !now.Before(m.recheckAfter)
	if !mistaken && !recheck || m.refreshing || d.stopped != nil {
		return false
	}
	m.refreshing = true
	return true
}

// refreshShards looks whether the stream is still the one that the run began with,
// lists its shards and lines everything up anew.
func (d *dispatcher) refreshShards(ctx context.Context) {
	another, settled := d.isAnother(ctx)
	var ranges []shardRange
	var err error
	if !d.stream.auto {
		ranges, err = listShards(ctx, d.client, d.o.Stream)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.shards
	mistaken := m.mistaken
	m.refreshing, m.mistaken = false, false
	if d.recheck {
		m.recheckAfter = time.Now().Add(refreshPause(m.rechecks))
		m.rechecks++
		d.recheck = !settled
	}
	if another {
		d.stop(&GoneError{Stream: d.o.Stream, Again: true})
		return
	}
	if d.stream.auto {
		return
	}
	same := err == nil && slices.Equal(ranges, m.ranges)
	switch {
	case err == nil && !same:
		m.useless = 0
	case mistaken: // only a record that went elsewhere shows that the list is wrong
		m.useless++
	}
	if mistaken {
		m.after = time.Now().Add(refreshPause(m.useless))
	}
	d.o.Log.DebugContext(ctx, "shards listed anew", "stream", d.o.Stream, "shards", len(ranges), "same", same, "error", err)
	switch {
	case same && mistaken && m.useless >= refreshTries:
		m.set(nil) // records go where no list says
	case err != nil || same:
		return
	default:
		m.set(ranges)
	}
	d.realign()
	signal(d.changed)
}

// realign puts every key into the lane that is now its own.
func (d *dispatcher) realign() {
	var waiting []*keyQueue
	for _, l := range d.lanes.drain() {
		for !l.empty() {
			waiting = append(waiting, l.takeFirst())
		}
	}
	for _, k := range d.keys {
		k.lane = d.shards.laneOf(k.hash)
	}
	for _, k := range waiting {
		k.lane = d.shards.laneOf(k.hash)
		d.lineUp(k)
	}
}

// covers says whether ranges, by their starts, are the hash key space without
// holes and overlaps.
func covers(ranges []shardRange) bool {
	if len(ranges) == 0 {
		return false
	}
	whole := kpl.HashKeyRange{Starting: ranges[0].Starting, Ending: ranges[len(ranges)-1].Ending}
	for i := 1; i < len(ranges); i++ {
		if ranges[i-1].Ending.Next() != ranges[i].Starting || ranges[i-1].Starting.Compare(ranges[i].Starting) >= 0 {
			return false
		}
	}
	return whole.IsWhole()
}

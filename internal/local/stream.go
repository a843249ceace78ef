package local

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// Statuses of streams and consumers.
const (
	creating = "CREATING"
	active   = "ACTIVE"
	updating = "UPDATING"
	deleting = "DELETING"
)

// Stream modes and record distribution strategies.
const (
	provisioned      = "PROVISIONED"
	onDemand         = "ON_DEMAND"
	userPartitionKey = "USER_PARTITION_KEY"
	autoDistribution = "AUTO"
)

// stream is one incarnation of a stream. The fields above mu never change.
//
// Locks are taken in this order: Endpoint.mu, stream.mu, shard.mu. The other
// locks of the endpoint are taken last, and alone.
type stream struct {
	name    string
	id      uint64 // of this incarnation
	created int64  // ms

	mu     sync.RWMutex // guards the following
	status string       // ACTIVE, or what it is until ready
	ready  int64        // ms

	shards []*shard // by number; nil once out of retention
	open   []*shard // by hash key

	retention int   // hours
	horizon   int64 // ms: nothing older comes back when retention grows

	recordKiB    int
	mode         string
	distribution string
	turn         atomic.Int64 // AUTO: which shard gets the next record
	kmsKey       string       // not empty: encrypted, as far as responses say
	metrics      []string
	tags         map[string]string

	changed bell // rung when its status changes and when a subscription may have to end

	consumers     map[string]*consumer
	consumerEpoch map[string]int64 // of the last consumer of a name: a new one gets a new ARN

	listShardsRate       meter
	describeConsumerRate meter
	listConsumersRate    meter
	deregisterRate       meter
}

// state is the stream's status now. The caller holds mu.
func (s *stream) state(now int64) string {
	if s.status != deleting && now >= s.ready {
		return active
	}
	return s.status
}

// change makes the stream answer status for a while, then ACTIVE. The caller
// holds mu for writing.
func (s *stream) change(status string, until int64) {
	s.status, s.ready = status, until
	s.changed.ring()
}

// isDeleted reports whether a deleted stream is not there any more.
func (s *stream) isDeleted(now int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.status == deleting && now >= s.ready
}

// trimHorizon is the time before which there is nothing to read. The caller
// holds mu.
func (s *stream) trimHorizon(now int64) int64 {
	return max(s.created, s.horizon, now-int64(s.retention)*3_600_000)
}

// kept says whether a shard still exists: it is open, or was closed within the
// retention period. The caller holds mu.
func (s *stream) kept(sh *shard, now int64) bool {
	return sh != nil && (sh.closed == 0 || sh.closed >= s.trimHorizon(now))
}

// shard finds a shard that still exists. The caller holds mu.
func (s *stream) shard(number uint32, now int64) *shard {
	if int64(number) >= int64(len(s.shards)) || !s.kept(s.shards[number], now) {
		return nil
	}
	return s.shards[number]
}

// forget drops the shards that are out of retention. The caller holds mu for
// writing.
func (s *stream) forget(now int64) {
	for i, sh := range s.shards {
		if sh != nil && !s.kept(sh, now) {
			s.shards[i] = nil
		}
	}
}

// route returns the open shard whose range holds a hash key. The caller holds
// mu. The open shards of a stream always cover all hash keys.
func (s *stream) route(h hashKey) *shard {
	low, high := 0, len(s.open)
	for high-low > 1 {
		middle := (low + high) / 2
		if h.less(s.open[middle].start) {
			high = middle
		} else {
			low = middle
		}
	}
	return s.open[low]
}

// stream finds a stream by name, in whatever status.
func (e *Endpoint) stream(name string) (*stream, error) {
	e.mu.RLock()
	s := e.streams[name]
	e.mu.RUnlock()
	if s == nil || s.isDeleted(e.millis()) {
		return nil, streamNotFound(name)
	}
	return s, nil
}

// names are the names of all streams, sorted.
func (e *Endpoint) names() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.millis()
	maps.DeleteFunc(e.streams, func(_ string, s *stream) bool { return s.isDeleted(now) })
	return slices.Sorted(maps.Keys(e.streams))
}

// newStream adds a stream with equal hash key ranges, ACTIVE at ready. The
// caller holds e.mu for writing and knows that the name is free.
func (e *Endpoint) newStream(name string, shards int, ready int64) *stream {
	now := e.millis()
	// A recreated stream must not accept the sequence numbers of the old one.
	e.epochs.Lock()
	epoch := max(now/1000, e.epochs.last[name]+1)
	e.epochs.last[name] = epoch
	e.epochs.Unlock()
	limits := e.options.Limits
	s := &stream{
		name: name, id: rand.Uint64(), created: now,
		status: creating, ready: ready,
		retention: defaultRetentionHours, recordKiB: defaultRecordKiB,
		mode: provisioned, distribution: userPartitionKey,
		tags:          map[string]string{},
		consumers:     map[string]*consumer{},
		consumerEpoch: map[string]int64{},

		listShardsRate:       newMeter(limits, 1000, 1000),
		describeConsumerRate: newMeter(limits, 20, 20),
		listConsumersRate:    newMeter(limits, 5, 5),
		deregisterRate:       newMeter(limits, 5, 5),
	}
	for i := range shards {
		last := maxHashKey
		if i+1 < shards {
			last = boundary(i+1, shards).previous()
		}
		s.open = append(s.open, s.newShard(limits, epoch, now, boundary(i, shards), last))
	}
	e.streams[name] = s
	return s
}

// newShard numbers a new shard. The caller holds mu for writing and puts it
// among the open ones.
func (s *stream) newShard(limits Limits, epoch, created int64, start, last hashKey) *shard {
	number := uint32(len(s.shards))
	sh := &shard{
		number: number, id: shardID(number), epoch: epoch, created: created,
		start: start, last: last, meters: newShardMeters(limits),
	}
	s.shards = append(s.shards, sh)
	return sh
}

package local

import "time"

const (
	subscriptionLife = 5 * time.Minute
	subscriptionHold = 5 * time.Second // time before another subscription may take over
)

// subscribeToShard pushes the records of a shard to an ACTIVE consumer as an event stream. After
// an initial-response it sends an event as soon as there are records. An event has up to 1 MiB of
// data and partition keys, or one larger record. After 5 seconds without records it sends an
// empty event.
//
// Each event has a ContinuationSequenceNumber. Only the last event of a closed shard has the
// ChildShards instead; then the stream closes. It also closes after 5 minutes. It ends with
// ResourceNotFoundException when its consumer or stream is deleted. If another subscription
// takes over, Options.Takeover decides how it ends.
//
// The five starting positions have the rules of GetShardIterator. A consumer has one
// subscription a shard. A new call must come at least 5 seconds after the last successful one,
// even if that stream has ended. With limits on, a consumer has one call a second and 2 MiB a
// second for each shard. The service documents no burst, so the burst is one second's amount.
//
// Not implemented: other ends before 5 minutes. There are faults for them.
func (e *Endpoint) subscribeToShard(c *call) error {
	a := c.args
	consumerARN := a.text("ConsumerARN", text{required: true, min: 1, max: 2048})
	id := a.text("ShardId", shardName)
	p := starting{call: "SubscribeToShard"}
	if position := a.structure("StartingPosition", true); position != nil {
		p.kind = position.text("Type", text{required: true, enum: startingTypes})
		p.sequence = position.text("SequenceNumber", text{pattern: sequencePattern})
		p.at, p.timed = position.time("Timestamp")
		a.adopt("StartingPosition", position)
	}
	dry := a.flag("DryRun")
	if err := a.problem(); err != nil {
		return err
	}
	r, err := consumerResource(consumerARN)
	if err != nil {
		return err
	}
	s, err := e.named("", r.streamARN(c))
	if err != nil {
		return err
	}
	number, ok := shardNumber(id)
	if !ok {
		return shardUnknown(id, s.name)
	}

	began := e.Now()
	now := began.UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleConsumers(now)
	one := s.consumerByARN(r.consumer)
	if one == nil {
		return notFound("Consumer %s not found.", consumerARN)
	}
	sh := s.shard(number, now)
	if sh == nil {
		return shardNotFound(shardID(number), s.name)
	}
	link := one.link(e.options.Limits, number)
	if !link.calls.allow(began.UnixNano(), 1) {
		return limitExceeded("Rate exceeded for consumer %s and shard %s.", consumerARN, sh.id)
	}
	if one.state(now) != active {
		return inUse("Consumer %s is not in ACTIVE status.", consumerARN)
	}
	sub := &subscription{
		stream: s, consumer: one, link: link, shard: sh,
		began: began, lastEvent: began, script: c.script,
	}
	sh.mu.Lock()
	sh.trim(s.trimHorizon(now))
	sub.next, sub.stuck, err = e.start(s, sh, p, now)
	sh.mu.Unlock()
	if err != nil {
		return err
	}
	if link.current != nil && began.Sub(link.current.began) < subscriptionHold {
		return inUse("Another active subscription exists for this consumer: %s on shard %s, begun less than %d seconds ago.",
			consumerARN, sh.id, int(subscriptionHold.Seconds()))
	}
	if dry {
		return dryRun()
	}
	link.current = sub
	s.changed.ring() // wakes the subscription that this one replaces
	c.subscription = sub
	return nil
}

package local

import "time"

const (
	subscriptionLife = 5 * time.Minute
	subscriptionHold = 5 * time.Second // before another may take over
)

// subscribeToShard pushes the records of a shard to an ACTIVE consumer, as an
// event stream: an initial-response, then events of up to 1 MiB of data and
// partition keys, or one larger record, as soon as there are any, and an empty
// one after 5 seconds without. Each has a ContinuationSequenceNumber, but the last
// of a closed shard, which has the ChildShards instead. The stream closes then,
// or after 5 minutes, or ends with an error in it: ResourceNotFoundException
// when its consumer or stream is gone, and what Options.Takeover says when
// another subscription has taken over.
//
// It begins at any of the five types, with the rules of GetShardIterator. A
// consumer has one subscription a shard: 5 seconds must have passed since the
// last successful call, whether its stream is still open or not. With limits
// on, it may call once a second for each shard, and gets 2 MiB a second of it;
// the service documents no burst, so there is one second's worth.
//
// Left out: an end before 5 minutes for any other reason, which faults make.
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
	s.changed.ring() // for the one that is taken over
	c.subscription = sub
	return nil
}

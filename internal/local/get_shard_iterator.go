package local

// getShardIterator returns an iterator of any of the five types for an open or closed shard
// within retention. A sequence number must belong to this shard of this incarnation of the
// stream, but not to a record. Options.Trimmed is for one out of retention. A time in the
// future is refused. With limits on, a shard has 5 calls a second.
func (e *Endpoint) getShardIterator(c *call) error {
	a := c.args
	id := a.text("ShardId", shardName)
	p := starting{call: "GetShardIterator"}
	p.kind = a.text("ShardIteratorType", text{required: true, enum: startingTypes})
	p.sequence = a.text("StartingSequenceNumber", text{pattern: sequencePattern})
	p.at, p.timed = a.time("Timestamp")
	dry := a.flag("DryRun")
	s, err := e.target(c)
	if err != nil {
		return err
	}
	number, ok := shardNumber(id)
	if !ok {
		return shardUnknown(id, s.name)
	}
	now := e.millis()
	s.mu.RLock()
	defer s.mu.RUnlock()
	sh := s.shard(number, now)
	if sh == nil || s.state(now) == creating {
		return shardNotFound(shardID(number), s.name)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.trim(s.trimHorizon(now))

	t := token{kind: kindIterator, made: now, stream: s.id, shard: number, name: s.name}
	if t.number, t.stuck, err = e.start(s, sh, p, now); err != nil {
		return err
	}
	if !sh.meters.iterators.allow(e.Now().UnixNano(), 1) {
		return throttled(sh.id, s.name)
	}
	if dry {
		return dryRun()
	}
	return c.reply(map[string]string{"ShardIterator": t.sealed(e.key)})
}

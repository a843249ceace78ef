package local

// updateShardCount changes the number of open shards to TargetShardCount, with equal ranges. It
// splits and merges shards immediately. The intermediate shards, which the service has too, never
// have a record. The target must be between half and double the current number.
//
// Not implemented: the limit of ten calls a day, and the service's choice of shards to keep if
// not all of them need equal ranges.
func (e *Endpoint) updateShardCount(c *call) error {
	target := c.args.whole("TargetShardCount", whole{required: true, min: 1}, 0)
	c.args.text("ScalingType", text{required: true, enum: []string{"UNIFORM_SCALING"}})
	s, err := e.target(c)
	if err != nil {
		return err
	}
	e.mu.RLock()
	err = e.checkShardLimit(c, 0)
	e.mu.RUnlock()
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.provisioned("UpdateShardCount"); err != nil {
		return err
	}
	if err := s.mustBeActive(now); err != nil {
		return err
	}
	current := len(s.open)
	switch {
	case target > 2*current:
		return limitExceeded("UpdateShardCount cannot scale up over double your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", current, target)
	case 2*target < current:
		return limitExceeded("UpdateShardCount cannot scale down below half your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", current, target)
	case target > maxShards:
		return limitExceeded("UpdateShardCount cannot scale stream %s beyond %d shards.", s.name, maxShards)
	}
	e.rescale(s, target, now)
	s.change(updating, now+e.options.UpdatingDelay.Milliseconds())
	return c.reply(struct {
		StreamName        string
		StreamARN         string
		CurrentShardCount int
		TargetShardCount  int
	}{s.name, s.arn(c), current, target})
}

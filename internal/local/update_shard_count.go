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
	r := struct {
		StreamName        string
		StreamARN         string
		CurrentShardCount int
		TargetShardCount  int
	}{}
	if err := e.reshard(c, 0, func(s *stream, now int64) error {
		current := len(s.open)
		r.StreamName, r.StreamARN, r.CurrentShardCount, r.TargetShardCount = s.name, s.arn(c), current, target
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
		return nil
	}); err != nil {
		return err
	}
	return c.reply(r)
}

package local

// splitShard closes an open shard and opens two children, immediately. The second one starts at
// NewStartingHashKey. Later records go to the children. The stream is UPDATING for
// Options.UpdatingDelay.
func (e *Endpoint) splitShard(c *call) error {
	id := c.args.text("ShardToSplit", shardName)
	hash := c.args.text("NewStartingHashKey", text{required: true, pattern: hashKeyPattern})
	return e.reshard(c, 1, func(s *stream, now int64) error {
		sh, err := s.openShard(id, now)
		if err != nil {
			return err
		}
		middle, ok := parseHashKey([]byte(hash))
		if !ok || !sh.start.next().less(middle) || !middle.less(sh.last) {
			return invalidArgument("NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both "+
				"greater than one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s.",
				hash, sh.id, s.name, Account, sh.start, sh.last)
		}
		e.split(s, sh, middle, now)
		return nil
	})
}

// openShard returns a shard that can be split or merged. The caller holds mu.
func (s *stream) openShard(id string, now int64) (*shard, error) {
	number, ok := shardNumber(id)
	if !ok {
		return nil, shardUnknown(id, s.name)
	}
	sh := s.shard(number, now)
	switch {
	case sh == nil:
		return nil, shardUnknown(shardID(number), s.name)
	case sh.closed != 0:
		return nil, invalidArgument("Shard %s in stream %s under account %s has already been merged or split, and thus is not "+
			"eligible for merging or splitting.", sh.id, s.name, Account)
	}
	return sh, nil
}

// provisioned returns an error for an operation that an ON_DEMAND stream does not allow. The
// caller holds mu.
func (s *stream) provisioned(op string) error {
	if s.mode == onDemand {
		return invalid("%s is not supported for the ON_DEMAND stream %s under account %s.", op, s.name, Account)
	}
	return nil
}

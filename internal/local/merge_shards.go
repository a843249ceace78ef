package local

// mergeShards closes two open shards and opens one that replaces them, immediately.
// AdjacentShardToMerge must begin where ShardToMerge ends. The reverse order is refused;
// kinesalite's tests show that the service does so.
func (e *Endpoint) mergeShards(c *call) error {
	first := c.args.text("ShardToMerge", shardName)
	second := c.args.text("AdjacentShardToMerge", shardName)
	return e.reshard(c, -1, func(s *stream, now int64) error {
		parent, err := s.openShard(first, now)
		if err != nil {
			return err
		}
		adjacent, err := s.openShard(second, now)
		if err != nil {
			return err
		}
		if parent.last == maxHashKey || parent.last.next() != adjacent.start {
			return invalidArgument("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging",
				parent.id, adjacent.id, s.name, Account)
		}
		e.merge(s, parent, adjacent, now)
		return nil
	})
}

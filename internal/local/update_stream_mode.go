package local

// updateStreamMode switches a stream between PROVISIONED and ON_DEMAND. The shards do not change.
//
// Not implemented: the limit of two switches a day, WarmThroughputMiBps, and the scaling of
// ON_DEMAND streams.
func (e *Endpoint) updateStreamMode(c *call) error {
	mode := c.args.mode(true)
	c.args.needs("StreamARN")
	return e.update(c, func(s *stream, _ int64) error {
		if mode == provisioned && s.distribution == autoDistribution {
			return invalid("Stream %s under account %s distributes records by itself, which only an ON_DEMAND stream can.", s.name, Account)
		}
		s.mode = mode
		return nil
	})
}

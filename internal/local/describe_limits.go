package local

// describeLimits returns the numbers of shards and on-demand streams, and their limits.
func (e *Endpoint) describeLimits(c *call) error {
	out := struct {
		ShardLimit               int
		OpenShardCount           int
		OnDemandStreamCount      int
		OnDemandStreamCountLimit int
	}{ShardLimit: shardLimit, OnDemandStreamCountLimit: 50}
	for _, name := range e.names() {
		s, err := e.stream(name)
		if err != nil {
			continue // deleted in the meantime
		}
		s.mu.RLock()
		out.OpenShardCount += len(s.open)
		if s.mode == onDemand {
			out.OnDemandStreamCount++
		}
		s.mu.RUnlock()
	}
	return c.reply(out)
}

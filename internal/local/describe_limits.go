package local

// describeLimits answers how many shards there are and may be.
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
			continue // deleted meanwhile
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

package local

// describeStreamSummary returns a stream without its shards.
//
// Not implemented: WarmThroughput and ChannelCount.
func (e *Endpoint) describeStreamSummary(c *call) error {
	s, err := e.target(c)
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleConsumers(now)
	d := struct {
		streamFacts
		EncryptionType             string
		KeyID                      string `json:"KeyId,omitempty"`
		OpenShardCount             int
		ConsumerCount              int
		MaxRecordSizeInKiB         int
		RecordDistributionStrategy string `json:",omitempty"`
	}{
		streamFacts:        s.facts(c, now),
		OpenShardCount:     len(s.open),
		ConsumerCount:      len(s.consumers),
		MaxRecordSizeInKiB: s.recordKiB,
	}
	if s.state(now) == creating {
		d.OpenShardCount = 0
	}
	if s.mode == onDemand { // the service returns it only for this mode
		d.RecordDistributionStrategy = s.distribution
	}
	d.EncryptionType, d.KeyID = s.encryption()
	return c.reply(map[string]any{"StreamDescriptionSummary": d})
}

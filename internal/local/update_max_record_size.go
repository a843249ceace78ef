package local

// updateMaxRecordSize sets the largest record a stream takes, data and
// partition key together, between 1024 and 10240 KiB. What is stored stays.
func (e *Endpoint) updateMaxRecordSize(c *call) error {
	kib := c.args.whole("MaxRecordSizeInKiB", whole{required: true, min: defaultRecordKiB, max: maxRecordKiB}, 0)
	c.args.needs("StreamARN")
	s, err := e.target(c)
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.must(now); err != nil {
		return err
	}
	s.recordKiB = kib
	s.change(updating, now+e.options.UpdatingDelay.Milliseconds())
	return nil
}

package local

// updateMaxRecordSize sets the maximum record size of a stream, from 1024 to 10240 KiB of data
// and partition key together. Existing records stay.
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
	if err := s.mustBeActive(now); err != nil {
		return err
	}
	s.recordKiB = kib
	s.change(updating, now+e.options.UpdatingDelay.Milliseconds())
	return nil
}

package local

// updateMaxRecordSize sets the largest record a stream takes, data and
// partition key together, between 1024 and 10240 KiB. What is stored stays.
func (e *Endpoint) updateMaxRecordSize(c *call) error {
	kib := c.args.whole("MaxRecordSizeInKiB", whole{required: true, min: defaultRecordKiB, max: maxRecordKiB}, 0)
	c.args.needs("StreamARN")
	return e.update(c, func(s *stream, _ int64) error {
		s.recordKiB = kib
		return nil
	})
}

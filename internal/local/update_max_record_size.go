package local

// updateMaxRecordSize sets the maximum record size of a stream, from 1024 to 10240 KiB of data
// and partition key together. Existing records stay.
func (e *Endpoint) updateMaxRecordSize(c *call) error {
	kib := c.args.whole("MaxRecordSizeInKiB", whole{required: true, min: defaultRecordKiB, max: maxRecordKiB}, 0)
	c.args.needs("StreamARN")
	return e.update(c, func(s *stream, _ int64) error {
		s.recordKiB = kib
		return nil
	})
}

package local

// decreaseStreamRetentionPeriod shortens the retention period, to 24 hours at least. Older
// records are removed immediately.
func (e *Endpoint) decreaseStreamRetentionPeriod(c *call) error {
	return e.changeRetention(c, func(s *stream, hours int) error {
		if hours > s.retention {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be longer than existing retention "+
				"period (%d hours). Use IncreaseRetentionPeriod API.", hours, s.name, s.retention)
		}
		return nil
	})
}

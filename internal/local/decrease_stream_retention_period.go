package local

// decreaseStreamRetentionPeriod keeps records for a shorter time, from 24
// hours. What is older is gone at once.
func (e *Endpoint) decreaseStreamRetentionPeriod(c *call) error {
	return e.changeRetention(c, func(s *stream, hours int) error {
		if hours > s.retention {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be longer than existing retention "+
				"period (%d hours). Use IncreaseRetentionPeriod API.", hours, s.name, s.retention)
		}
		return nil
	})
}

package local

// increaseStreamRetentionPeriod extends the retention period, to 8760 hours at most. Records
// that left the old period do not come back. The stream must be ACTIVE and stays ACTIVE.
func (e *Endpoint) increaseStreamRetentionPeriod(c *call) error {
	return e.changeRetention(c, func(s *stream, hours int) error {
		if hours < s.retention {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be shorter than existing retention "+
				"period (%d hours). Use DecreaseRetentionPeriod API.", hours, s.name, s.retention)
		}
		return nil
	})
}

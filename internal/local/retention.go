package local

// increaseStreamRetentionPeriod keeps records for longer, up to 8760 hours.
// What has left the old period does not come back. The stream must be ACTIVE,
// and stays so.
func (e *Endpoint) increaseStreamRetentionPeriod(c *call) error {
	return e.changeRetention(c, func(s *stream, hours int) error {
		if hours < s.retention {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be shorter than existing retention "+
				"period (%d hours). Use DecreaseRetentionPeriod API.", hours, s.name, s.retention)
		}
		return nil
	})
}

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

func (e *Endpoint) changeRetention(c *call, check func(*stream, int) error) error {
	hours := c.args.whole("RetentionPeriodHours", whole{required: true, min: 1}, 0)
	s, err := e.target(c)
	if err != nil {
		return err
	}
	switch {
	case hours < defaultRetentionHours:
		return invalidArgument("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.",
			defaultRetentionHours, hours)
	case hours > maxRetentionHours:
		return invalidArgument("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.",
			maxRetentionHours, hours)
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.must(now); err != nil {
		return err
	}
	if err := check(s, hours); err != nil {
		return err
	}
	s.horizon = s.trimHorizon(now)
	s.retention = hours
	return nil
}

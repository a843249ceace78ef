package local

import "math"

func (e *Endpoint) changeRetention(c *call, check func(*stream, int) error) error {
	hours := c.args.whole("RetentionPeriodHours", whole{required: true, min: math.MinInt32}, 0)
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
	if err := s.mustBeActive(now); err != nil {
		return err
	}
	if err := check(s, hours); err != nil {
		return err
	}
	s.horizon = s.trimHorizon(now)
	s.retention = hours
	return nil
}

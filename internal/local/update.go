package local

// update changes the call's stream, which has to be ACTIVE and is UPDATING
// afterwards, for Options.UpdatingDelay. change is called with the stream's lock
// held. After an error of change the stream stays ACTIVE.
func (e *Endpoint) update(c *call, change func(s *stream, now int64) error) error {
	s, err := e.target(c)
	if err != nil {
		return err
	}
	return e.updateTarget(s, func() error { return nil }, change)
}

// reshard is update for the shards of the call's stream, which has to be
// PROVISIONED, too. Afterwards there are so many more shards, unless change makes
// fewer: a negative number is not checked.
func (e *Endpoint) reshard(c *call, more int, change func(s *stream, now int64) error) error {
	s, err := e.target(c)
	if err != nil {
		return err
	}
	if more >= 0 {
		e.mu.RLock()
		err = e.checkShardLimit(c, more)
		e.mu.RUnlock()
	}
	if err != nil {
		return err
	}
	return e.updateTarget(s, func() error { return s.provisioned(c.op) }, change)
}

// updateTarget is update for a stream that was found. check is called first, with the
// stream's lock held.
func (e *Endpoint) updateTarget(s *stream, check func() error, change func(s *stream, now int64) error) error {
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := check(); err != nil {
		return err
	}
	if err := s.must(now); err != nil {
		return err
	}
	if err := change(s, now); err != nil {
		return err
	}
	s.change(updating, now+e.options.UpdatingDelay.Milliseconds())
	return nil
}

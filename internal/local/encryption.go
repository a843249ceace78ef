package local

// startStreamEncryption makes the stream say that its records are encrypted
// with KeyId. Nothing is encrypted and no key is looked up; the KMS errors a
// client can meet are scripted as faults.
func (e *Endpoint) startStreamEncryption(c *call) error {
	return e.changeEncryption(c, func(s *stream, key string) { s.kmsKey = key })
}

// stopStreamEncryption takes that back.
func (e *Endpoint) stopStreamEncryption(c *call) error {
	return e.changeEncryption(c, func(s *stream, _ string) { s.kmsKey = "" })
}

func (e *Endpoint) changeEncryption(c *call, set func(*stream, string)) error {
	c.args.text("EncryptionType", text{required: true, enum: []string{"KMS"}})
	key := c.args.text("KeyId", text{required: true, min: 1, max: 2048})
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
	set(s, key)
	s.change(updating, now+e.options.UpdatingDelay.Milliseconds())
	return nil
}

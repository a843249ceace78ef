package local

func (e *Endpoint) changeEncryption(c *call, set func(*stream, string)) error {
	kind := c.args.text("EncryptionType", text{required: true, enum: []string{"NONE", "KMS"}})
	key := c.args.text("KeyId", text{required: true, min: 1, max: 2048})
	s, err := e.target(c)
	if err != nil {
		return err
	}
	if kind == "NONE" {
		return invalidArgument("The only valid value of EncryptionType is KMS.")
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mustBeActive(now); err != nil {
		return err
	}
	set(s, key)
	s.change(updating, now+e.options.UpdatingDelay.Milliseconds())
	return nil
}

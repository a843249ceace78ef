package local

func (e *Endpoint) changeEncryption(c *call, set func(*stream, string)) error {
	kind := c.args.text("EncryptionType", text{required: true, enum: []string{"NONE", "KMS"}})
	key := c.args.text("KeyId", text{required: true, min: 1, max: 2048})
	s, err := e.target(c)
	if err != nil {
		return err
	}
	return e.updateTarget(s, func() error {
		if kind == "NONE" {
			return invalidArgument("The only valid value of EncryptionType is KMS.")
		}
		return nil
	}, func(s *stream, _ int64) error {
		set(s, key)
		return nil
	})
}

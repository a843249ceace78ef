package local

// startStreamEncryption makes the stream say that its records are encrypted
// with KeyId. Nothing is encrypted and no key is looked up; the KMS errors a
// client can meet are scripted as faults.
func (e *Endpoint) startStreamEncryption(c *call) error {
	return e.changeEncryption(c, func(s *stream, key string) { s.kmsKey = key })
}

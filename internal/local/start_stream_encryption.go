package local

// startStreamEncryption marks the stream as encrypted with KeyId in later answers.
//
// Not implemented: encryption and a check of the key. Faults produce the errors of KMS.
func (e *Endpoint) startStreamEncryption(c *call) error {
	return e.changeEncryption(c, func(s *stream, key string) { s.kmsKey = key })
}

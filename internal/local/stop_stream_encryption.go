package local

// stopStreamEncryption makes the stream say again that its records are not
// encrypted. The records of before say so too: the type is the stream's here,
// not the record's.
func (e *Endpoint) stopStreamEncryption(c *call) error {
	return e.changeEncryption(c, func(s *stream, _ string) { s.kmsKey = "" })
}

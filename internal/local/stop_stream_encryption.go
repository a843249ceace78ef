package local

// stopStreamEncryption marks the stream as not encrypted. This also applies to existing records,
// because the endpoint stores the type for the stream and not for each record.
func (e *Endpoint) stopStreamEncryption(c *call) error {
	return e.changeEncryption(c, func(s *stream, _ string) { s.kmsKey = "" })
}

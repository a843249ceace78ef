package local

// addTagsToStream sets tags of a stream, which may have 50. An existing key gets the new value.
func (e *Endpoint) addTagsToStream(c *call) error {
	tags := c.args.tags(true)
	s, err := e.target(c)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return addTags(s.tags, tags)
}

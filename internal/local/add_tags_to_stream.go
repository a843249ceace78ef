package local

// addTagsToStream sets up to 50 tags of a stream, which is as many as it may
// have. A key that is there gets the new value.
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

package local

// removeTagsFromStream removes tags of a stream. It ignores a key that the stream does not have.
func (e *Endpoint) removeTagsFromStream(c *call) error {
	keys := c.args.texts("TagKeys", 1, maxTags)
	s, err := e.target(c)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	removeTags(s.tags, keys)
	return nil
}

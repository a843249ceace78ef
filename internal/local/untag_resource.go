package local

// untagResource removes tags of a stream or consumer, by ARN.
func (e *Endpoint) untagResource(c *call) error {
	keys := c.args.texts("TagKeys", 1, maxTags)
	return e.withTags(c, func(have map[string]string) error {
		removeTags(have, keys)
		return nil
	})
}

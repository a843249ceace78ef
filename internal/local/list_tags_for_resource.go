package local

// listTagsForResource returns all tags of a stream or consumer, by ARN.
func (e *Endpoint) listTagsForResource(c *call) error {
	return e.withTags(c, func(have map[string]string) error {
		return c.reply(map[string]any{"Tags": listTags(have)})
	})
}

package local

// tagResource sets tags of a stream or consumer, by ARN.
func (e *Endpoint) tagResource(c *call) error {
	tags := c.args.tags(true)
	return e.withTags(c, func(have map[string]string) error { return addTags(have, tags) })
}

package local

import "slices"

// listTagsForStream returns a page of the stream's tags, sorted by key: up to Limit of them,
// after ExclusiveStartTagKey.
func (e *Endpoint) listTagsForStream(c *call) error {
	limit := c.args.whole("Limit", whole{min: 1, max: maxTags}, maxTags)
	after := c.args.text("ExclusiveStartTagKey", text{min: 1, max: 128})
	s, err := e.target(c)
	if err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := listTags(s.tags)
	list = slices.DeleteFunc(list, func(t tag) bool { return t.Key <= after })
	page := list[:min(limit, len(list))]
	return c.reply(map[string]any{"Tags": page, "HasMoreTags": len(page) < len(list)})
}

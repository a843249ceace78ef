package local

// pagesFault is the effect of a scripted fault on a page of a list.
type pagesFault struct {
	empty, repeats bool
	requested      string // the NextToken of the request
}

func (c *call) pagesFault() pagesFault {
	return pagesFault{empty: c.script.kind == "empty-page", repeats: c.script.kind == "repeat-token", requested: c.args.text("NextToken", text{})}
}

// next returns the NextToken of an answer. own is the token without a fault; it may be empty.
// first is the token of the first page. rest is the token of the page that the fault skips.
func (f pagesFault) next(e *Endpoint, own string, first, rest token) string {
	switch {
	case f.repeats && f.requested != "":
		return f.requested
	case f.repeats:
		return first.sealed(e.key)
	case f.empty:
		rest.shard = e.emptyPages.Add(1) // makes each token different
		return rest.sealed(e.key)
	}
	return own
}

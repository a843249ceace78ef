package local

// pagesFault is what a scripted fault makes of a page of a list.
type pagesFault struct {
	empty, repeats bool
	asked          string // the NextToken of the request
}

func (c *call) pagesFault() pagesFault {
	return pagesFault{empty: c.script.kind == "empty-page", repeats: c.script.kind == "repeat-token", asked: c.args.text("NextToken", text{})}
}

// next is the NextToken of an answer whose own is given, or empty, and would have
// led on to rest: the place behind the page that the fault leaves out. first is the
// place of the first page.
func (f pagesFault) next(e *Endpoint, own string, first, rest token) string {
	switch {
	case f.repeats && f.asked != "":
		return f.asked
	case f.repeats:
		return first.sealed(e.key)
	case f.empty:
		rest.shard = e.emptyPages.Add(1) // no two are the same
		return rest.sealed(e.key)
	}
	return own
}

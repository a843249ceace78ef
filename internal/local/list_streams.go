package local

import "slices"

// listStreams returns a page of stream names with their summaries, sorted by name: up to Limit
// of them, at most 100. The next page is requested with the last name
// (ExclusiveStartStreamName) or with NextToken.
func (e *Endpoint) listStreams(c *call) error {
	limit := c.args.whole("Limit", whole{min: 1, max: maxShards}, 100)
	after := c.args.text("ExclusiveStartStreamName", streamName)
	next := c.args.text("NextToken", text{min: 1, max: 1048576})
	if err := c.args.problem(); err != nil {
		return err
	}
	now := e.millis()
	if next != "" {
		t, err := e.openNext(c, next, kindStreams, now)
		if err != nil {
			return err
		}
		after = t.name
	}
	faulty := c.pagesFault()
	rest := token{kind: kindStreams, made: now, name: after}
	if faulty.repeats {
		after = ""
	}
	type summary struct {
		StreamName              string
		StreamARN               string
		StreamStatus            string
		StreamModeDetails       streamMode
		StreamCreationTimestamp seconds
	}
	out := struct {
		StreamNames     []string
		StreamSummaries []summary
		HasMoreStreams  bool
		NextToken       string `json:",omitempty"`
	}{StreamNames: []string{}, StreamSummaries: []summary{}}
	names := e.names()
	from, found := slices.BinarySearch(names, after)
	if found {
		from++
	}
	for _, name := range names[from:] {
		if faulty.empty {
			break
		}
		s, err := e.stream(name)
		if err != nil {
			continue // deleted in the meantime
		}
		if len(out.StreamNames) == min(limit, 100) {
			last := out.StreamNames[len(out.StreamNames)-1]
			out.HasMoreStreams = true
			out.NextToken = token{kind: kindStreams, made: now, name: last}.sealed(e.key)
			break
		}
		s.mu.RLock()
		f := s.facts(c, now)
		s.mu.RUnlock()
		out.StreamNames = append(out.StreamNames, name)
		out.StreamSummaries = append(out.StreamSummaries,
			summary{f.StreamName, f.StreamARN, f.StreamStatus, f.StreamModeDetails, f.StreamCreationTimestamp})
	}
	out.NextToken = faulty.next(e, out.NextToken, token{kind: kindStreams, made: now}, rest)
	out.HasMoreStreams = out.NextToken != ""
	return c.reply(out)
}

// openNext decodes a NextToken and checks its age.
func (e *Endpoint) openNext(c *call, text string, kind tokenKind, now int64) (token, error) {
	t, ok := openToken(text, kind, e.key)
	if !ok {
		return token{}, invalidArgument("NextToken is invalid.")
	}
	if now-t.made > tokenLife.Milliseconds() {
		return token{}, expiredToken(t.made, now)
	}
	if c.script.kind == "expired-token" {
		return token{}, expiredToken(now-tokenLife.Milliseconds()-1000, now)
	}
	return t, nil
}

package local

import (
	"maps"
	"slices"
)

// listStreamConsumers returns a page of a stream's consumers, sorted by name: up to MaxResults of
// them, at most 100. A NextToken expires after 300 seconds. With a NextToken,
// StreamCreationTimestamp is refused, but StreamARN is required and must be that of the same
// stream. With limits on, a stream has 5 calls a second.
func (e *Endpoint) listStreamConsumers(c *call) error {
	a := c.args
	most := a.whole("MaxResults", whole{min: 1, max: maxShards}, 100)
	next := a.text("NextToken", text{min: 1, max: 1048576})
	created, byCreation := a.time("StreamCreationTimestamp")
	a.needs("StreamARN")
	s, err := e.target(c)
	if err != nil {
		return err
	}
	if next != "" && byCreation {
		return invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.")
	}
	now := e.millis()
	var t token
	if next != "" {
		if t, err = e.openNext(c, next, kindConsumers, now); err != nil {
			return err
		}
		if t.stream != s.id {
			return invalidArgument("NextToken is not of stream %s.", s.name)
		}
	}
	if byCreation {
		if err := s.wasCreated(created); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.listConsumersRate.allow(e.Now().UnixNano(), 1) {
		return limitExceeded("Rate exceeded for stream %s under account %s.", s.name, Account)
	}
	s.settleConsumers(now)
	faulty := c.pagesFault()
	first := token{kind: kindConsumers, made: now, stream: s.id, name: s.name}
	rest := first
	rest.after = t.after
	if faulty.repeats {
		t.after = ""
	}
	out := struct {
		Consumers []consumerDescription
		NextToken string `json:",omitempty"`
	}{Consumers: []consumerDescription{}}
	for _, name := range slices.Sorted(maps.Keys(s.consumers)) {
		if name <= t.after {
			continue
		}
		if faulty.empty {
			break
		}
		if n := len(out.Consumers); n == min(most, 100) {
			out.NextToken = token{
				kind: kindConsumers, made: now, stream: s.id, name: s.name, after: out.Consumers[n-1].ConsumerName,
			}.sealed(e.key)
			break
		}
		out.Consumers = append(out.Consumers, s.describeConsumer(c, s.consumers[name], now))
	}
	out.NextToken = faulty.next(e, out.NextToken, first, rest)
	return c.reply(out)
}

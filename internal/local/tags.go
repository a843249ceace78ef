package local

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTags    = 50  // of a resource
	maxTagsPut = 200 // in a request, according to the API's model
)

type tag struct{ Key, Value string }

// withTags calls do with the tags of the request's ResourceARN.
func (e *Endpoint) withTags(c *call, do func(map[string]string) error) error {
	name := c.args.text("ResourceARN", text{required: true, min: 1, max: 2048})
	if err := c.args.problem(); err != nil {
		return err
	}
	r, ok := parseARN(name)
	if !ok {
		return notAnARN("ResourceARN", name, `arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+`)
	}
	s, err := e.stream(r.stream)
	if err != nil || r.account != Account {
		return notFound("Stream %s under account %s not found.", r.stream, r.account)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.consumer == "" {
		return do(s.tags)
	}
	s.settleConsumers(e.millis())
	one := s.consumerByARN(r.consumer)
	if one == nil {
		return notFound("Consumer %s not found.", name)
	}
	return do(one.tags)
}

// tags returns the Tags member, which is a map.
func (a *arguments) tags(required bool) map[string]string {
	tags := map[string]string{}
	if !a.member("Tags", required, "Map", &tags) {
		return tags
	}
	shown, _ := json.Marshal(tags) // a map of strings
	a.count("Tags", string(shown), len(tags), 1, maxTagsPut)
	for k, v := range tags {
		if n := utf8.RuneCountInString(k); n < 1 || n > 128 {
			a.violate("Tags", quoted(string(shown)), "Map keys must satisfy constraint: [Member must have length less than or equal to 128, "+
				"Member must have length greater than or equal to 1]")
		}
		if utf8.RuneCountInString(v) > 256 {
			a.violate("Tags", quoted(string(shown)), "Map value must satisfy constraint: [Member must have length less than or equal to 256, "+
				"Member must have length greater than or equal to 0]")
		}
	}
	return tags
}

// checkTags returns an error if a tag has an invalid character.
func checkTags(tags map[string]string) error {
	for k, v := range tags {
		for _, r := range k + v {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune("_.:/=+-@", r) {
				return invalidArgument("Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . : / = + - @.")
			}
		}
	}
	return nil
}

func addTags(have, more map[string]string) error {
	if err := checkTags(more); err != nil {
		return err
	}
	all := maps.Clone(have)
	maps.Copy(all, more)
	if len(all) > maxTags {
		return invalidArgument("Failed to add tags because a resource cannot have more than %d tags associated with it.", maxTags)
	}
	maps.Copy(have, more)
	return nil
}

func removeTags(have map[string]string, keys []string) {
	for _, k := range keys {
		delete(have, k)
	}
}

func listTags(have map[string]string) []tag {
	list := []tag{}
	for _, k := range slices.Sorted(maps.Keys(have)) {
		list = append(list, tag{k, have[k]})
	}
	return list
}

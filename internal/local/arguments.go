package local

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// arguments are the members of a request. The methods take one member each,
// check it against the constraints of the service's model and collect what is
// wrong; violations then gives the error the service would. Names are
// case-sensitive, unknown members are ignored and null means absent.
type arguments struct {
	members    map[string]json.RawMessage
	wrongType  error
	violations []string
}

func parseArguments(body []byte) (*arguments, error) {
	a := &arguments{}
	if err := json.Unmarshal(body, &a.members); err != nil || a.members == nil {
		return nil, fail("SerializationException", "the request body is not a JSON object")
	}
	return a, nil
}

// text is what a string member must be. A zero bound is no bound.
type text struct {
	required bool
	min, max int
	pattern  *regexp.Regexp
	enum     []string
}

// whole is what an integer member must be.
type whole struct {
	required bool
	min, max int
}

var (
	sequencePattern = regexp.MustCompile(`^(0|([1-9]\d{0,128}))$`)
	hashKeyPattern  = regexp.MustCompile(`^(0|([1-9]\d{0,38}))$`)

	streamName = text{min: 1, max: 128, pattern: namePattern}
	shardName  = text{required: true, min: 1, max: 128, pattern: namePattern}
	arn        = text{min: 1, max: 2048}
)

// problem returns everything that is wrong, or nil.
func (a *arguments) problem() error {
	if a.wrongType != nil {
		return a.wrongType
	}
	switch n := len(a.violations); n {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", a.violations[0])
	default:
		return invalid("%d validation errors detected: %s", n, strings.Join(a.violations, "; "))
	}
}

// has says whether a member is there.
func (a *arguments) has(name string) bool {
	raw, ok := a.members[name]
	return ok && string(raw) != "null"
}

// violate notes that a member breaks a constraint. value is as the service
// prints it, in quotes unless it is null.
func (a *arguments) violate(name, value, constraint string) {
	a.violations = append(a.violations, violation(name, value, constraint))
}

func violation(member, value, constraint string) string {
	return fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s",
		value, strings.ToLower(member[:1])+member[1:], constraint)
}

func quoted(value string) string { return "'" + value + "'" }

// needs notes that a member is missing, for one that is taken elsewhere.
func (a *arguments) needs(name string) {
	if !a.has(name) {
		a.violate(name, "null", "Member must not be null")
	}
}

// member decodes one member into target, which is a pointer; false means that
// it is absent or of the wrong type.
func (a *arguments) member(name string, required bool, kind string, target any) bool {
	if !a.has(name) {
		if required {
			a.violate(name, "null", "Member must not be null")
		}
		return false
	}
	if err := json.Unmarshal(a.members[name], target); err != nil {
		if a.wrongType == nil {
			a.wrongType = fail("SerializationException", "%s can not be converted to a %s", a.members[name], kind)
		}
		return false
	}
	return true
}

// text returns a string member, "" when it is absent or wrong.
func (a *arguments) text(name string, t text) string {
	var s string
	if !a.member(name, t.required, "String", &s) {
		return ""
	}
	switch length := utf8.RuneCountInString(s); {
	case t.enum != nil && !slices.Contains(t.enum, s):
		a.violate(name, quoted(s), "Member must satisfy enum value set: ["+strings.Join(t.enum, ", ")+"]")
	case t.min > 0 && length < t.min:
		a.violate(name, quoted(s), fmt.Sprintf("Member must have length greater than or equal to %d", t.min))
	case t.max > 0 && length > t.max:
		a.violate(name, quoted(s), fmt.Sprintf("Member must have length less than or equal to %d", t.max))
	case t.pattern != nil && !t.pattern.MatchString(s):
		pattern := strings.TrimSuffix(strings.TrimPrefix(t.pattern.String(), "^"), "$")
		a.violate(name, quoted(s), "Member must satisfy regular expression pattern: "+pattern)
	default:
		return s
	}
	return ""
}

// whole returns an integer member, or otherwise when it is absent or wrong.
func (a *arguments) whole(name string, w whole, otherwise int) int {
	var f float64
	if !a.member(name, w.required, "Integer", &f) {
		return otherwise
	}
	n := int(max(math.MinInt32, min(math.MaxInt32, math.Floor(f))))
	switch {
	case n < w.min:
		a.violate(name, fmt.Sprintf("'%d'", n), fmt.Sprintf("Member must have value greater than or equal to %d", w.min))
	case w.max > 0 && n > w.max:
		a.violate(name, fmt.Sprintf("'%d'", n), fmt.Sprintf("Member must have value less than or equal to %d", w.max))
	default:
		return n
	}
	return otherwise
}

// flag returns a boolean member, false when it is absent.
func (a *arguments) flag(name string) bool {
	var b bool
	return a.member(name, false, "Boolean", &b) && b
}

// time returns a timestamp member, seconds in the request, in milliseconds.
// ok is false when it is absent or wrong.
func (a *arguments) time(name string) (ms int64, ok bool) {
	var f float64
	if !a.member(name, false, "Timestamp", &f) {
		return 0, false
	}
	return int64(math.Round(f * 1000)), true
}

// structure returns the members of a structure, nil when it is absent.
func (a *arguments) structure(name string, required bool) *arguments {
	inner := &arguments{}
	if !a.member(name, required, "Structure", &inner.members) {
		return nil
	}
	return inner
}

// adopt takes over the problems of a structure's members, under its name.
func (a *arguments) adopt(name string, inner *arguments) {
	if a.wrongType == nil {
		a.wrongType = inner.wrongType
	}
	for _, v := range inner.violations {
		prefix := " at '" + strings.ToLower(name[:1]) + name[1:] + "."
		a.violations = append(a.violations, strings.Replace(v, " at '", prefix, 1))
	}
}

// texts returns a list of strings of which there must be min to max.
func (a *arguments) texts(name string, least, most int) []string {
	var list []string
	if !a.member(name, true, "List", &list) {
		return nil
	}
	a.count(name, "["+strings.Join(list, ", ")+"]", len(list), least, most)
	return list
}

// count checks how many elements a list or map has.
func (a *arguments) count(name, value string, n, least, most int) {
	switch {
	case n < least:
		a.violate(name, quoted(value), fmt.Sprintf("Member must have length greater than or equal to %d", least))
	case n > most:
		a.violate(name, quoted(value), fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
}

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

// arguments are the members of a request. Each method returns one member and checks it against
// the constraints of the service's model. The methods collect the violations, and problem
// returns the service's error for them. Names are case-sensitive. Unknown members are ignored,
// and null means absent.
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

// text has the constraints of a string member. A zero min or max means no limit.
type text struct {
	required bool
	min, max int
	pattern  *regexp.Regexp
	enum     []string
}

// whole has the constraints of an integer member. A zero max means no limit.
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

// problem returns the error for all violations, or nil.
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

// has reports whether the request has a member.
func (a *arguments) has(name string) bool {
	raw, ok := a.members[name]
	return ok && string(raw) != "null"
}

// violate notes that a member violates a constraint. value is in the form that the service
// prints: quoted, or null.
func (a *arguments) violate(name, value, constraint string) {
	a.violations = append(a.violations, violation(name, value, constraint))
}

func violation(member, value, constraint string) string {
	return fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s",
		value, strings.ToLower(member[:1])+member[1:], constraint)
}

func quoted(value string) string { return "'" + value + "'" }

// needs notes a violation if a member is missing. It is for members that other code reads.
func (a *arguments) needs(name string) {
	if !a.has(name) {
		a.violate(name, "null", "Member must not be null")
	}
}

// member decodes a member into target, which is a pointer. It returns false if the member is
// absent or has the wrong type.
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

// text returns a string member, or "" if it is absent or invalid.
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

// whole returns an integer member, or otherwise if it is absent or invalid.
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

// flag returns a boolean member, or false if it is absent.
func (a *arguments) flag(name string) bool {
	var b bool
	return a.member(name, false, "Boolean", &b) && b
}

// time returns a timestamp member in milliseconds; the request has it in seconds. ok is false
// if it is absent or invalid.
func (a *arguments) time(name string) (ms int64, ok bool) {
	var f float64
	if !a.member(name, false, "Timestamp", &f) {
		return 0, false
	}
	return int64(math.Round(f * 1000)), true
}

// structure returns the members of a structure, or nil if it is absent.
func (a *arguments) structure(name string, required bool) *arguments {
	inner := &arguments{}
	if !a.member(name, required, "Structure", &inner.members) {
		return nil
	}
	return inner
}

// adopt adds the violations of a structure's members, with the structure's name as prefix.
func (a *arguments) adopt(name string, inner *arguments) {
	if a.wrongType == nil {
		a.wrongType = inner.wrongType
	}
	for _, v := range inner.violations {
		prefix := " at '" + strings.ToLower(name[:1]) + name[1:] + "."
		a.violations = append(a.violations, strings.Replace(v, " at '", prefix, 1))
	}
}

// texts returns a list of strings. It must have from least to most elements.
func (a *arguments) texts(name string, least, most int) []string {
	var list []string
	if !a.member(name, true, "List", &list) {
		return nil
	}
	a.count(name, "["+strings.Join(list, ", ")+"]", len(list), least, most)
	return list
}

// count checks the number of elements of a list or map.
func (a *arguments) count(name, value string, n, least, most int) {
	switch {
	case n < least:
		a.violate(name, quoted(value), fmt.Sprintf("Member must have length greater than or equal to %d", least))
	case n > most:
		a.violate(name, quoted(value), fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
}

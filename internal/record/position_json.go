package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kin/internal/javatime"
)

// timestampForms describes the JSON form of the connector's initialPosition.
const timestampForms = `{"at_timestamp": "06/25/2020 10:23:45 PDT"}, with "format" if it is not Java's "` + javatime.Documented + `"`

// timestampPatterns are the default formats of the JSON form: that of the connector's
// documentation, and Java's own.
var timestampPatterns = []string{javatime.Documented, javatime.DateString}

// parseTimestamp parses a position in the connector's JSON form: an object with a time and
// an optional format.
func parseTimestamp(s string) (time.Time, error) {
	members, err := stringMembers(s, "at_timestamp", "format")
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: want %s", err, timestampForms)
	}
	text, given := members["at_timestamp"]
	if !given {
		return time.Time{}, fmt.Errorf("at_timestamp is missing: want %s", timestampForms)
	}
	if pattern, given := members["format"]; given {
		t, err := javatime.Parse(pattern, text)
		return t.UTC(), err
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	var first error
	for _, pattern := range timestampPatterns {
		t, err := javatime.Parse(pattern, text)
		if err == nil {
			return t.UTC(), nil
		}
		if first == nil {
			first = err
		}
	}
	return time.Time{}, fmt.Errorf("%w; want %s", first, timestampForms)
}

// stringMembers parses a JSON object whose values are strings. Each name must be one of
// names and occur once.
func stringMembers(s string, names ...string) (map[string]string, error) {
	d := json.NewDecoder(strings.NewReader(s))
	notJSON := errors.New("not a JSON object")
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, notJSON
	}
	members := map[string]string{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, notJSON
		}
		name, _ := key.(string) // the decoder accepts only strings as names
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("unknown member %q", name)
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("%s is given twice", name)
		}
		value, err := d.Token()
		if err != nil {
			return nil, notJSON
		}
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("%s is not a string", name)
		}
		members[name] = text
	}
	if _, err := d.Token(); err != nil {
		return nil, notJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("unexpected text after the JSON object")
	}
	return members, nil
}

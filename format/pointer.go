package format

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Pointer is a JSON pointer (RFC 6901), such as /user/id or /items/0/sku. It implements
// pflag.Value. The zero value points at the whole document.
type Pointer struct {
	text   string
	tokens []string
}

func (p *Pointer) String() string { return p.text }

// Set parses a pointer.
func (p *Pointer) Set(s string) error {
	if s != "" && s[0] != '/' {
		return errors.New("want a JSON pointer, such as /user/id")
	}
	var tokens []string
	if s != "" {
		tokens = strings.Split(s[1:], "/")
	}
	for i, token := range tokens {
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(token), "~") {
			return errors.New("want ~0 for a ~ and ~1 for a / inside a name")
		}
		tokens[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
	}
	*p = Pointer{s, tokens}
	return nil
}

// Type returns the name of the value in help texts.
func (p *Pointer) Type() string { return "pointer" }

// Text returns the value at p in the JSON document doc. A string is returned as it is, a
// number or a boolean as its JSON text. If members have the same name, the last one counts.
//
// It returns an error if the value is missing or has another type, or if doc is not JSON in
// valid UTF-8.
func (p *Pointer) Text(doc []byte) (string, error) {
	if !validJSON(doc) {
		return "", errors.New("not JSON")
	}
	value := trimSpace(doc)
	for _, token := range p.tokens {
		if value = child(value, token); value == nil {
			return "", fmt.Errorf("nothing at %s", p.text)
		}
	}
	switch value[0] {
	case '"':
		text, err := unquote(nil, value)
		if err != nil {
			return "", fmt.Errorf("at %s: %w", p.text, err)
		}
		return string(text), nil
	case 'n':
		return "", fmt.Errorf("%s is null", p.text)
	case '{':
		return "", fmt.Errorf("%s is an object", p.text)
	case '[':
		return "", fmt.Errorf("%s is an array", p.text)
	}
	return string(value), nil
}

// child returns the member or element of value that token names, or nil.
func child(value []byte, token string) []byte {
	switch value[0] {
	case '{':
		var found []byte
		for name, v := range members(value) {
			if string(name) == token {
				found = v
			}
		}
		return found
	case '[':
		index, err := strconv.Atoi(token)
		if err != nil || strconv.Itoa(index) != token {
			return nil
		}
		return element(value, index)
	}
	return nil
}

// element returns the raw value at an index of a valid JSON array, or nil. The array must
// have no white space around it.
func element(array []byte, index int) []byte {
	i := skipSpace(array, 1)
	for array[i] != ']' {
		end := skipValue(array, i, 0, anyJSON)
		if index == 0 {
			return array[i:end]
		}
		index--
		if i = skipSpace(array, end); array[i] == ',' {
			i = skipSpace(array, i+1)
		}
	}
	return nil
}

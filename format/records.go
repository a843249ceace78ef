package format

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"kin/internal/record"
)

// Records is the input of lines as JSON prints them, whatever its mode was.
// It restores partition key, explicit hash key, payload and approximate arrival
// timestamp; other members are not looked at. Without dataEncoding a string is
// taken as text and any other value as json. A payload that was embedded comes
// back with its own bytes.
type Records struct {
	lines splitter
	arena arena
}

// NewRecords reads lines of at most maxLine bytes, newline not counted.
func NewRecords(r io.Reader, maxLine int) *Records {
	return &Records{lines: newLines(r, maxLine)}
}

// Next returns the record of the next line. A line that is not one is a
// LineError that says what is wrong with it.
func (in *Records) Next() (record.Record, error) {
	line, err := in.lines.next()
	if err != nil {
		return record.Record{}, err
	}
	r, err := in.arena.parseRecord(line)
	if err != nil {
		return record.Record{}, &LineError{in.lines.count, err}
	}
	return r, nil
}

// Source is the line with its newline.
func (in *Records) Source() []byte { return in.lines.source }

// WriteSource writes the line with its newline.
func (in *Records) WriteSource(w io.Writer) error { return in.lines.writeSource(w) }

// arena is where payloads are put that are not in the line as they are. It
// makes one allocation for many.
type arena struct{ free []byte }

// alloc returns n bytes that nobody else has.
func (a *arena) alloc(n int) []byte {
	if n > chunkSize/8 {
		return make([]byte, 0, n)
	}
	if n > cap(a.free) {
		a.free = make([]byte, 0, chunkSize)
	}
	buf := a.free[:0:n]
	a.free = a.free[n:n:cap(a.free)]
	return buf
}

// keepWhole is how much of a line may be other than the payload before the
// payload is taken out of it: a record must not hold a large line in memory.
const keepWhole = 64 << 10

// parseRecord reads a line. The record shares memory with it.
func (a *arena) parseRecord(line []byte) (record.Record, error) {
	if !utf8.Valid(line) {
		return record.Record{}, errors.New("not valid UTF-8")
	}
	object := trimSpace(line)
	if len(object) == 0 {
		return record.Record{}, errors.New("empty, want a JSON object")
	}
	if object[0] != '{' || skipObject(object, 0, 0, anyJSON) != len(object) {
		return record.Record{}, errors.New("not a JSON object")
	}

	var key, hashKey, arrival, encoding, data []byte
	for name, value := range members(object) {
		switch string(name) {
		case "partitionKey":
			key = value
		case "explicitHashKey":
			hashKey = value
		case "approximateArrivalTimestamp":
			arrival = value
		case "dataEncoding":
			encoding = value
		case "data":
			data = value
		}
	}

	var r record.Record
	var err error
	switch {
	case key == nil:
		return r, errors.New("no partitionKey")
	case data == nil:
		return r, errors.New("no data")
	}
	if r.PartitionKey, err = stringMember("partitionKey", key); err != nil {
		return r, err
	}
	if hashKey != nil {
		if r.ExplicitHashKey, err = stringMember("explicitHashKey", hashKey); err != nil {
			return r, err
		}
	}
	if arrival != nil {
		r.ApproximateArrivalTimestamp = timeMember(arrival)
	}
	mode := DataText
	switch {
	case encoding != nil:
		s, err := stringMember("dataEncoding", encoding)
		if err != nil {
			return r, err
		}
		if err := mode.Set(s); err != nil || mode == DataAuto {
			return r, fmt.Errorf("dataEncoding %q: want json, text or base64", s)
		}
	case data[0] == 'n':
		return r, errors.New("data is null and dataEncoding does not say json")
	case data[0] != '"':
		mode = DataJSON
	}
	r.Data, err = a.restore(mode, data)
	if err == nil && len(line)-len(r.Data) > keepWhole && len(r.Data) < len(line)/2 {
		r.Data = append(a.alloc(len(r.Data)), r.Data...)
	}
	return r, err
}

// restore gives back the payload of a data member.
func (a *arena) restore(mode DataMode, data []byte) ([]byte, error) {
	if mode == DataJSON {
		return data[:len(data):len(data)], nil
	}
	if data[0] != '"' {
		return nil, fmt.Errorf("data is not a string, and dataEncoding says %s", mode)
	}
	text := data[1 : len(data)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		// No escape is shorter than what it means.
		var err error
		if text, err = unquote(a.alloc(len(text)), data); err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
	}
	if mode == DataBase64 {
		decoded, err := base64.StdEncoding.AppendDecode(a.alloc(base64.StdEncoding.DecodedLen(len(text))), text)
		if err != nil {
			return nil, fmt.Errorf("data is not base64: %w", err)
		}
		text = decoded
	}
	return text[:len(text):len(text)], nil
}

// timeMember reads a time as JSON prints it; anything else is none.
func timeMember(value []byte) time.Time {
	text, err := stringMember("approximateArrivalTimestamp", value)
	if err != nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func stringMember(name string, value []byte) (string, error) {
	if value[0] != '"' {
		return "", fmt.Errorf("%s is not a string", name)
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1]), nil
	}
	text, err := unquote(nil, value)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(text), nil
}

// members yields the unquoted names and the raw values of a valid JSON object
// without white space around it. A name is good until the next one.
func members(object []byte) func(yield func(name, value []byte) bool) {
	return func(yield func(name, value []byte) bool) {
		var unquoted []byte
		i := skipSpace(object, 1)
		for object[i] != '}' {
			end := skipString(object, i)
			name := object[i+1 : end-1]
			if bytes.IndexByte(name, '\\') >= 0 {
				if text, err := unquote(unquoted[:0], object[i:end]); err == nil { // else nobody asks for that name
					unquoted, name = text, text
				}
			}
			i = skipSpace(object, skipSpace(object, end)+1)
			end = skipValue(object, i, 0, anyJSON)
			if !yield(name, object[i:end]) {
				return
			}
			if i = skipSpace(object, end); object[i] == ',' {
				i = skipSpace(object, i+1)
			}
		}
	}
}

var errHalfPair = errors.New("half of a surrogate pair stands for no character")

// unquote appends what the valid JSON string quoted stands for. Half of a
// surrogate pair, which encoding/json takes for U+FFFD, is an error: two texts
// would become one.
func unquote(dst, quoted []byte) ([]byte, error) {
	s := quoted[1 : len(quoted)-1]
	for len(s) > 0 {
		n := bytes.IndexByte(s, '\\')
		if n < 0 {
			return append(dst, s...), nil
		}
		dst = append(dst, s[:n]...)
		c := s[n+1]
		s = s[n+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r := hex4(s, 0)
			s = s[4:]
			if isHighSurrogate(r) && len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
				if low := hex4(s, 2); isLowSurrogate(low) {
					r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
					s = s[6:]
				}
			}
			if utf16.IsSurrogate(r) {
				return dst, errHalfPair
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
	return dst, nil
}

func isHighSurrogate(r rune) bool { return 0xd800 <= r && r < 0xdc00 }
func isLowSurrogate(r rune) bool  { return 0xdc00 <= r && r < 0xe000 }

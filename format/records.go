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

// Records reads the lines that JSON prints, in any mode. It restores the partition key,
// explicit hash key, payload and approximate arrival timestamp, and ignores other members.
// Without dataEncoding, a string is read as text and any other value as json. An embedded
// payload is restored unchanged.
type Records struct {
	lines splitter
	arena arena
}

// NewRecords returns a reader of lines of up to maxLine bytes, without the newline.
func NewRecords(r io.Reader, maxLine int) *Records {
	return &Records{lines: newLines(r, maxLine)}
}

// Next returns the record of the next line. An invalid line is a LineError with the reason.
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

// Source returns the line with its newline.
func (in *Records) Source() []byte { return in.lines.source }

// WriteSource writes the line with its newline.
func (in *Records) WriteSource(w io.Writer) error { return in.lines.writeSource(w) }

// arena allocates payloads that cannot share the memory of the line. One allocation serves
// many payloads.
type arena struct{ free []byte }

// alloc returns an empty slice with an exclusive capacity of n bytes.
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

// maxLineOverhead is how many bytes besides the payload a line may have before the payload is
// copied out of it. A record must not keep a large line in memory.
const maxLineOverhead = 64 << 10

// parseRecord parses a line. The record shares memory with the line.
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
		return r, errors.New("data is null, but dataEncoding is not json")
	case data[0] != '"':
		mode = DataJSON
	}
	r.Data, err = a.restore(mode, data)
	if err == nil && len(line)-len(r.Data) > maxLineOverhead && len(r.Data) < len(line)/2 {
		r.Data = append(a.alloc(len(r.Data)), r.Data...)
	}
	return r, err
}

// restore returns the payload of a data member.
func (a *arena) restore(mode DataMode, data []byte) ([]byte, error) {
	if mode == DataJSON {
		return data[:len(data):len(data)], nil
	}
	if data[0] != '"' {
		return nil, fmt.Errorf("data is not a string, but dataEncoding is %s", mode)
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

// timeMember parses a time as JSON prints it. It returns the zero time for anything else.
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

// members yields the unquoted names and the raw values of a valid JSON object. The object
// must have no white space around it. A name is valid until the next one is yielded.
func members(object []byte) func(yield func(name, value []byte) bool) {
	return func(yield func(name, value []byte) bool) {
		var unquoted []byte
		i := skipSpace(object, 1)
		for object[i] != '}' {
			end := skipString(object, i)
			name := object[i+1 : end-1]
			if bytes.IndexByte(name, '\\') >= 0 {
				if text, err := unquote(unquoted[:0], object[i:end]); err == nil { // an invalid name matches no known member
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

var errHalfPair = errors.New("an unpaired surrogate is not a character")

// unquote appends the text of the valid JSON string quoted. Half of a surrogate pair is an
// error. encoding/json reads it as U+FFFD, which makes different texts equal.
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

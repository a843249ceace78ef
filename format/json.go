package format

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"kin/internal/record"
)

// JSON prints a record as a JSON object on one line. The members are always in this order:
//
//	{"stream":"orders","shardId":"shardId-000000000000","sequenceNumber":"4959…",
//	 "subSequenceNumber":3,"partitionKey":"k","explicitHashKey":"…",
//	 "approximateArrivalTimestamp":"2026-11-22T10:00:00.123Z","dataEncoding":"json","data":{…}}
//
// subSequenceNumber and explicitHashKey exist only for records of an aggregate.
// approximateArrivalTimestamp exists only if the service returned one. The line is always
// valid JSON and valid UTF-8.
type JSON struct {
	// Data is the way to print payloads.
	//
	// An embedded payload (dataEncoding json) is unchanged, except for the white space around
	// it. If it contains line breaks, white space between its tokens is removed too. See
	// embeddable for the payloads that can be embedded.
	Data DataMode
}

// Append appends r as a line. If the payload does not fit the mode, the error names the
// record's shard and sequence number.
func (j JSON) Append(dst []byte, r record.Record) ([]byte, error) {
	// The compiler does not copy in []byte(string) here, because the bytes are only read.
	line := append(dst, `{"stream":`...)
	line = appendQuoted(line, []byte(r.Stream))
	line = append(line, `,"shardId":`...)
	line = appendQuoted(line, []byte(r.ShardID))
	line = append(line, `,"sequenceNumber":`...)
	line = appendQuoted(line, []byte(r.SequenceNumber))
	if r.Aggregated {
		line = append(line, `,"subSequenceNumber":`...)
		line = strconv.AppendInt(line, r.SubSequenceNumber, 10)
	}
	line = append(line, `,"partitionKey":`...)
	line = appendQuoted(line, []byte(r.PartitionKey))
	if r.Aggregated && r.ExplicitHashKey != "" {
		line = append(line, `,"explicitHashKey":`...)
		line = appendQuoted(line, []byte(r.ExplicitHashKey))
	}
	if !r.ApproximateArrivalTimestamp.IsZero() {
		line = append(line, `,"approximateArrivalTimestamp":"`...)
		line = appendTime(line, r.ApproximateArrivalTimestamp)
		line = append(line, '"')
	}
	line, ok := j.appendData(line, r.Data)
	if !ok {
		at := r.SequenceNumber
		if r.Aggregated {
			at += fmt.Sprintf(", sub-sequence number %d", r.SubSequenceNumber)
		}
		return dst, fmt.Errorf("shard %s, sequence number %s: payload is %s", r.ShardID, at, j.mismatch(r.Data))
	}
	return append(line, "}\n"...), nil
}

// mismatch returns the reason why a payload does not fit the mode.
func (j JSON) mismatch(data []byte) string {
	switch {
	case j.Data == DataText:
		return "not valid UTF-8 text"
	case validJSON(data):
		return "JSON that other parsers reject: an unpaired surrogate, a number too large for a double, or nesting that is too deep"
	}
	return "not valid JSON"
}

// appendData appends the members dataEncoding and data. It returns false if the payload
// does not fit the mode.
func (j JSON) appendData(dst, data []byte) ([]byte, bool) {
	switch j.Data {
	case DataJSON:
		if !embeddable(data) {
			return dst, false
		}
		return appendEmbedded(dst, data), true
	case DataText:
		if !utf8.Valid(data) {
			return dst, false
		}
		return appendText(dst, data), true
	case DataBase64:
		return appendBase64(dst, data), true
	}
	switch {
	case isContainer(data) && embeddable(data):
		return appendEmbedded(dst, data), true
	case utf8.Valid(data):
		return appendText(dst, data), true
	}
	return appendBase64(dst, data), true
}

// isContainer reports whether data, assumed to be JSON, is an object or an array.
func isContainer(data []byte) bool {
	i := skipSpace(data, 0)
	return i < len(data) && (data[i] == '{' || data[i] == '[')
}

func appendEmbedded(dst, data []byte) []byte {
	dst = append(dst, `,"dataEncoding":"json","data":`...)
	data = trimSpace(data)
	if bytes.IndexByte(data, '\n') < 0 && bytes.IndexByte(data, '\r') < 0 {
		return append(dst, data...)
	}
	return appendCompact(dst, data)
}

func appendText(dst, data []byte) []byte {
	dst = append(dst, `,"dataEncoding":"text","data":`...)
	return appendQuoted(dst, data)
}

func appendBase64(dst, data []byte) []byte {
	dst = append(dst, `,"dataEncoding":"base64","data":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, '"')
}

// appendCompact appends the JSON value data without white space between its tokens.
func appendCompact(dst, data []byte) []byte {
	for i := 0; i < len(data); {
		from := i
		switch {
		case isSpace(data[i]):
			i = skipSpace(data, i)
			continue
		case data[i] == '"':
			i = skipString(data, i)
		default:
			for i < len(data) && data[i] != '"' && !isSpace(data[i]) {
				i++
			}
		}
		dst = append(dst, data[from:i]...)
	}
	return dst
}

// appendTime appends t in UTC as 2006-01-02T15:04:05.000Z.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	}
	hour, minute, second := t.Clock()
	ms := t.Nanosecond() / int(time.Millisecond)
	return append(dst,
		digit(year/1000), digit(year/100), digit(year/10), digit(year), '-',
		digit(int(month)/10), digit(int(month)), '-',
		digit(day/10), digit(day), 'T',
		digit(hour/10), digit(hour), ':',
		digit(minute/10), digit(minute), ':',
		digit(second/10), digit(second), '.',
		digit(ms/100), digit(ms/10), digit(ms), 'Z')
}

// digit returns the last decimal digit of n.
func digit(n int) byte { return '0' + byte(n%10) }

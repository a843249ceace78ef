package local

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// How long an iterator and a NextToken are valid (API documentation of GetShardIterator and
// ListShards).
const (
	iteratorLife = 5 * time.Minute
	tokenLife    = 300 * time.Second
)

// tokenKind is the kind of a token.
type tokenKind byte

const (
	kindIterator tokenKind = iota + 1
	kindShards
	kindConsumers
	kindStreams
)

// token is the content of an iterator or a NextToken. Clients see it as an opaque text, sealed
// with a key that only this endpoint has. openToken therefore rejects any other text.
type token struct {
	kind   tokenKind
	stuck  bool   // iterators: the record was trimmed and TrimmedEmpty is set
	made   int64  // ms
	stream uint64 // the incarnation, so that a recreated stream rejects it
	number uint64 // iterators: the next record's index; shards: the next shard's number
	shard  uint32
	filter byte   // shards: index of the filter in shardFilters
	time   int64  // shards: the filter's timestamp, ms
	name   string // the stream's name; streams: the last listed name
	after  string // consumers: the last listed consumer
}

const (
	tokenHead = 8 + 2 + 8 + 8 + 8 + 4 + 1 + 8 + 1
	tokenSeal = 16
)

// append appends the sealed form in base64 to dst.
func (t token) append(dst []byte, key []byte) []byte {
	b := make([]byte, 0, tokenHead+len(t.name)+len(t.after)+tokenSeal)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 1) // the beginning of the service's iterators
	b = append(b, byte(t.kind), 0)
	if t.stuck {
		b[len(b)-1] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(t.made))
	b = binary.BigEndian.AppendUint64(b, t.stream)
	b = binary.BigEndian.AppendUint64(b, t.number)
	b = binary.BigEndian.AppendUint32(b, t.shard)
	b = append(b, t.filter)
	b = binary.BigEndian.AppendUint64(b, uint64(t.time))
	b = append(b, byte(len(t.name)))
	b = append(b, t.name...)
	b = append(b, t.after...)
	b = append(b, seal(b, key)...)
	return base64.StdEncoding.AppendEncode(dst, b)
}

func (t token) sealed(key []byte) string { return string(t.append(nil, key)) }

// openToken decodes a token. It returns false unless append created the text with this key and
// kind.
func openToken(text string, kind tokenKind, key []byte) (token, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if strings.ContainsAny(text, "\r\n") { // even the strict decoder ignores line breaks
		return token{}, false
	}
	if err != nil || len(b) < tokenHead+tokenSeal {
		return token{}, false
	}
	body := b[:len(b)-tokenSeal]
	if !hmac.Equal(b[len(body):], seal(body, key)) || tokenKind(body[8]) != kind {
		return token{}, false
	}
	t := token{
		kind:   tokenKind(body[8]),
		stuck:  body[9] == 1,
		made:   int64(binary.BigEndian.Uint64(body[10:])),
		stream: binary.BigEndian.Uint64(body[18:]),
		number: binary.BigEndian.Uint64(body[26:]),
		shard:  binary.BigEndian.Uint32(body[34:]),
		filter: body[38],
		time:   int64(binary.BigEndian.Uint64(body[39:])),
	}
	rest := body[tokenHead:]
	n := int(body[47])
	t.name, t.after = string(rest[:n]), string(rest[n:])
	return t, true
}

func seal(body, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(body)
	return h.Sum(nil)[:tokenSeal]
}

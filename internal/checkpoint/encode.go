package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Moved lists the shards of each stream that differ from the last Save: moved, new and removed
// shards. nil means that any shard may differ.
type Moved map[string][]string

// encoder encodes a file. It caches the encoded shards, so that only moved shards are encoded
// again.
type encoder struct {
	streams map[string]*encodedStream
	file    []byte // reused
	round   int    // number of encode calls
	encoded int    // encoded shards, in all rounds
}

// encodedStream has the encoded shards of one stream.
type encodedStream struct {
	shards map[string]*encodedShard
	sorted []*encodedShard // by ID
}

type encodedShard struct {
	id    string
	json  []byte // the member of "shards" in the file
	round int    // in which it was encoded
}

// encode returns the encoded file. Only the shards in moved may differ from the last call. The
// bytes are valid until the next call.
func (e *encoder) encode(f File, moved Moved) ([]byte, error) {
	e.round++
	if moved == nil || e.streams == nil {
		e.streams = map[string]*encodedStream{}
	}
	frame, err := f.frame()
	if err != nil {
		return nil, err
	}
	e.file = e.file[:0]
	for _, s := range f.Streams {
		if s.Shards == nil {
			continue // "shards": null is in the frame
		}
		shards := e.streams[s.Name]
		if shards == nil {
			shards = &encodedStream{shards: make(map[string]*encodedShard, len(s.Shards))}
			e.streams[s.Name] = shards
			err = e.encodeAll(shards, s)
		} else {
			err = e.encodeMoved(shards, s, moved[s.Name])
		}
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", s.Name, err)
		}
		before, after, _ := bytes.Cut(frame, []byte(emptyShards))
		e.file = append(e.file, before...)
		e.file = shards.append(e.file)
		frame = after
	}
	e.file = append(e.file, frame...)
	return e.file, nil
}

// emptyShards marks the shards of a stream in a frame. It cannot occur inside a string, because
// strings have no unescaped line break.
const emptyShards = "\n   \"shards\": {}"

// frame returns the encoded file without its shards.
func (f File) frame() ([]byte, error) {
	f.Streams = slices.Clone(f.Streams)
	for i := range f.Streams {
		if f.Streams[i].Shards != nil {
			f.Streams[i].Shards = map[string]Shard{}
		}
	}
	return marshal(f, "")
}

// marshal encodes a value as in the file. Its lines start with prefix.
func marshal(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, " ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// encodeAll encodes every shard of a stream.
func (e *encoder) encodeAll(into *encodedStream, s Stream) error {
	ids := make([]string, 0, len(s.Shards))
	for id := range s.Shards {
		ids = append(ids, id)
	}
	return e.encodeMoved(into, s, ids)
}

// encodeMoved encodes the given shards of a stream, and removes those that the stream no longer
// has.
func (e *encoder) encodeMoved(into *encodedStream, s Stream, ids []string) error {
	var added []*encodedShard
	removed := false
	for _, id := range ids {
		at, there := s.Shards[id]
		known := into.shards[id]
		switch {
		case !there && known != nil:
			delete(into.shards, id)
			known.json, removed = nil, true
			continue
		case !there, known != nil && known.round == e.round:
			continue
		case known == nil:
			known = &encodedShard{id: id}
			into.shards[id] = known
			added = append(added, known)
		}
		if err := known.encode(at); err != nil {
			return err
		}
		known.round = e.round
		e.encoded++
	}
	if removed {
		into.sorted = slices.DeleteFunc(into.sorted, func(s *encodedShard) bool { return s.json == nil })
	}
	into.add(added)
	if have, want := len(into.sorted), len(s.Shards); have != want {
		return fmt.Errorf("%d shards are encoded, but the stream has %d", have, want)
	}
	return nil
}

// encode makes the shard's bytes. Their room is reused: the size of a position
// hardly changes.
func (s *encodedShard) encode(at Shard) error {
	const prefix = "    " // of a shard in the file
	key, err := marshal(s.id, "")
	if err != nil {
		return err
	}
	value, err := marshal(at, prefix)
	if err != nil {
		return err
	}
	s.json = append(s.json[:0], '\n')
	s.json = append(s.json, prefix...)
	s.json = append(s.json, bytes.TrimSuffix(key, []byte("\n"))...)
	s.json = append(s.json, ": "...)
	s.json = append(s.json, bytes.TrimSuffix(value, []byte("\n"))...)
	return nil
}

// add inserts shards in order. New shards have the highest IDs, so a sort is rarely needed.
func (s *encodedStream) add(added []*encodedShard) {
	if len(added) == 0 {
		return
	}
	byID := func(a, b *encodedShard) int { return strings.Compare(a.id, b.id) }
	slices.SortFunc(added, byID)
	sorted := len(s.sorted) == 0 || s.sorted[len(s.sorted)-1].id < added[0].id
	s.sorted = append(s.sorted, added...)
	if !sorted {
		slices.SortFunc(s.sorted, byID)
	}
}

// append appends the member "shards" of the stream.
func (s *encodedStream) append(b []byte) []byte {
	if len(s.sorted) == 0 {
		return append(b, emptyShards...)
	}
	b = append(b, strings.TrimSuffix(emptyShards, "}")...)
	for i, shard := range s.sorted {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, shard.json...)
	}
	return append(b, "\n   }"...)
}

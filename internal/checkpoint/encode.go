package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Moved lists, by stream, the shards that differ from what was saved last: those
// that have another position, those that are new, and those that were taken out.
// nil means that any shard may differ.
type Moved map[string][]string

// encoder makes a file's bytes. It keeps those of each shard, so that an
// encoding costs as much as the shards that moved, and the copying of the rest.
type encoder struct {
	streams map[string]*encodedStream
	file    []byte // reused
	round   int    // of encode
	encoded int    // shards, in all rounds
}

// encodedStream holds the encoded shards of one stream.
type encodedStream struct {
	shards map[string]*encodedShard
	sorted []*encodedShard // by ID
}

type encodedShard struct {
	id    string
	text  []byte // the member of "shards", as it stands in the file
	round int    // in which it was encoded
}

// encode returns the bytes of f, in which only the shards of moved differ from
// the file that was encoded before. The bytes are valid until the next call.
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
			err = e.all(shards, s)
		} else {
			err = e.move(shards, s, moved[s.Name])
		}
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", s.Name, err)
		}
		before, after, _ := bytes.Cut(frame, []byte(noShards))
		e.file = append(e.file, before...)
		e.file = shards.append(e.file)
		frame = after
	}
	e.file = append(e.file, frame...)
	return e.file, nil
}

// noShards is the place of a stream's shards in a frame. It cannot be inside of
// a string: a line break in one is escaped.
const noShards = "\n   \"shards\": {}"

// frame returns the file's bytes without its shards.
func (f File) frame() ([]byte, error) {
	f.Streams = slices.Clone(f.Streams)
	for i := range f.Streams {
		if f.Streams[i].Shards != nil {
			f.Streams[i].Shards = map[string]Shard{}
		}
	}
	return text(f, "")
}

// text returns a value as the file holds it, inside of lines with that prefix.
func text(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, " ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// all encodes every shard of a stream.
func (e *encoder) all(into *encodedStream, s Stream) error {
	ids := make([]string, 0, len(s.Shards))
	for id := range s.Shards {
		ids = append(ids, id)
	}
	return e.move(into, s, ids)
}

// move encodes the given shards of a stream and takes out those that it no
// longer has.
func (e *encoder) move(into *encodedStream, s Stream, ids []string) error {
	var added []*encodedShard
	removed := false
	for _, id := range ids {
		at, there := s.Shards[id]
		known := into.shards[id]
		switch {
		case !there && known != nil:
			delete(into.shards, id)
			known.text, removed = nil, true
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
		into.sorted = slices.DeleteFunc(into.sorted, func(s *encodedShard) bool { return s.text == nil })
	}
	into.add(added)
	if have, want := len(into.sorted), len(s.Shards); have != want {
		return fmt.Errorf("%d shards were saved or have moved, and it has %d", have, want)
	}
	return nil
}

// encode makes the shard's bytes. Their room is reused: the size of a position
// hardly changes.
func (s *encodedShard) encode(at Shard) error {
	const prefix = "    " // of a shard in the file
	key, err := text(s.id, "")
	if err != nil {
		return err
	}
	value, err := text(at, prefix)
	if err != nil {
		return err
	}
	s.text = append(s.text[:0], '\n')
	s.text = append(s.text, prefix...)
	s.text = append(s.text, bytes.TrimSuffix(key, []byte("\n"))...)
	s.text = append(s.text, ": "...)
	s.text = append(s.text, bytes.TrimSuffix(value, []byte("\n"))...)
	return nil
}

// add puts shards among the sorted ones. New shards have the highest IDs, so
// that they are behind the others already.
func (s *encodedStream) add(added []*encodedShard) {
	if len(added) == 0 {
		return
	}
	byID := func(a, b *encodedShard) int { return strings.Compare(a.id, b.id) }
	slices.SortFunc(added, byID)
	behind := len(s.sorted) == 0 || s.sorted[len(s.sorted)-1].id < added[0].id
	s.sorted = append(s.sorted, added...)
	if !behind {
		slices.SortFunc(s.sorted, byID)
	}
}

// append appends the member "shards" of a stream.
func (s *encodedStream) append(b []byte) []byte {
	if len(s.sorted) == 0 {
		return append(b, noShards...)
	}
	b = append(b, strings.TrimSuffix(noShards, "}")...)
	for i, shard := range s.sorted {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, shard.text...)
	}
	return append(b, "\n   }"...)
}

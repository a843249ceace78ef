// Package checkpoint reads, locks and atomically replaces the checkpoint file.
//
// A reader always sees a whole file, the old one or the new one. Only one run at a time writes a
// file. A file that cannot be read is not changed. The package knows the format of the file, but
// not how a stream is read.
package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"kin/internal/record"
)

// Version is the format version that this package reads and writes.
const Version = 1

// File is the content of a checkpoint file. Times are RFC 3339 in UTC with milliseconds.
type File struct {
	Version int      `json:"version"`
	ID      string   `json:"id"` // the query id, a UUID
	Streams []Stream `json:"streams"`
	// Destination is the stream that a copy writes to; nil for other runs.
	Destination *Destination `json:"destination,omitempty"`
	Output      *Output      `json:"output,omitempty"`
}

// Destination is the target stream of a copy. ARN and CreatedAt are absent if the run may not ask
// for them.
type Destination struct {
	Name      string      `json:"name"`
	ARN       string      `json:"arn,omitempty"`
	CreatedAt record.Time `json:"createdAt,omitzero"`
}

// Output is the file that a run writes to, and its length at the last save. Only this much of the
// file is known to be complete.
type Output struct {
	Path   string `json:"path"`
	Length int64  `json:"length"` // bytes
}

// Stream is the position of a run in one stream.
type Stream struct {
	Name string `json:"name"`
	ARN  string `json:"arn,omitempty"`
	// CreatedAt is the creation time of the stream. It is absent if the run may not ask for it. A
	// stream that was deleted and created again has another one.
	CreatedAt record.Time `json:"createdAt,omitzero"`
	// StartedAt is the time of the service when the first run began. InitialPosition is where that
	// run began, as the user gave it.
	StartedAt       record.Time      `json:"startedAt"`
	InitialPosition string           `json:"initialPosition"`
	Shards          map[string]Shard `json:"shards"` // by shard ID
}

// Shard is the position of a run in one shard.
type Shard = record.ShardPosition

// Find returns the stream with this name; nil if there is none.
func (f *File) Find(name string) *Stream {
	for i := range f.Streams {
		if f.Streams[i].Name == name {
			return &f.Streams[i]
		}
	}
	return nil
}

// decode parses and validates a whole file. Its error is a reason without the path.
func decode(b []byte) (File, error) {
	var f File
	dec := json.NewDecoder(bytes.NewReader(b))
	err := dec.Decode(&f)
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return File{}, errors.New("it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return File{}, errors.New("it is truncated")
	case errors.As(err, &syntax):
		return File{}, fmt.Errorf("it is not JSON: %w", err)
	case err != nil:
		return File{}, fmt.Errorf("it is not a checkpoint of kin: %w", err)
	case f.Version == 0 || f.ID == "":
		return File{}, errors.New("it is not a checkpoint of kin")
	case f.Version != Version:
		return File{}, fmt.Errorf("it has version %d, but this kin reads version %d", f.Version, Version)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return File{}, errors.New("it has data after its end")
	}
	for i := range f.Streams {
		if f.Streams[i].Shards == nil {
			f.Streams[i].Shards = map[string]Shard{}
		}
	}
	return f, f.check()
}

// Package checkpoint is the checkpoint file: read, lock, replace atomically.
//
// It promises that a file is only ever seen whole, old or new, that one run at
// a time writes it, and that a file it cannot read is left as it was. It knows
// the file's format and nothing of how a stream is read.
package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"kin/internal/record"
)

// Version is the version of the format this package reads and writes.
const Version = 1

// File is a checkpoint file's contents. Times are RFC 3339 in UTC with
// milliseconds.
type File struct {
	Version int      `json:"version"`
	ID      string   `json:"id"` // the query id, a UUID
	Streams []Stream `json:"streams"`
	// Destination is the stream that a copy writes to; nil for any other run.
	Destination *Destination `json:"destination,omitempty"`
	Output      *Output      `json:"output,omitempty"`
}

// Destination is the stream that the records up to a checkpoint were copied
// into. ARN and CreatedAt are absent where the run may not ask for them.
type Destination struct {
	Name      string      `json:"name"`
	ARN       string      `json:"arn,omitempty"`
	CreatedAt record.Time `json:"createdAt,omitzero"`
}

// Output is how far the file that a run writes to was good when the checkpoint
// was taken.
type Output struct {
	Path   string `json:"path"`
	Length int64  `json:"length"` // bytes
}

// Stream is where a run stands in one stream.
type Stream struct {
	Name string `json:"name"`
	ARN  string `json:"arn,omitempty"`
	// CreatedAt is the stream's own creation time; absent when the run was not
	// allowed to ask for it. A stream that was deleted and created again has
	// another one.
	CreatedAt record.Time `json:"createdAt,omitzero"`
	// StartedAt is the server's time when the first run began, and
	// InitialPosition where it began, as it was given.
	StartedAt       record.Time      `json:"startedAt"`
	InitialPosition string           `json:"initialPosition"`
	Shards          map[string]Shard `json:"shards"` // by shard ID
}

// Shard is where a run stands in one shard.
type Shard = record.ShardPosition

// Find returns the stream of that name, or nil.
func (f *File) Find(name string) *Stream {
	for i := range f.Streams {
		if f.Streams[i].Name == name {
			return &f.Streams[i]
		}
	}
	return nil
}

// decode reads a whole file and checks that it says what a reader needs. Its
// error is a reason, without the path.
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
		return File{}, fmt.Errorf("it has version %d, and this kin reads version %d", f.Version, Version)
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

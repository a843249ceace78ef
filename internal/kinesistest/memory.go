package kinesistest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"kin/internal/checkpoint"
)

// Memory stores positions in memory, and every state that was saved. It refuses the same states as
// a checkpoint file.
type Memory struct {
	File  checkpoint.File
	Saved []checkpoint.File
	Owned func(shard string) bool
}

// NewMemory returns a Memory without positions.
func NewMemory() *Memory { return &Memory{File: checkpoint.File{Version: 1, ID: "id"}} }

// Owns reports whether this process reads the shard. Without Owned it reads all.
func (m *Memory) Owns(_, shard string) bool { return m.Owned == nil || m.Owned(shard) }

// Load returns the stored positions.
func (m *Memory) Load(context.Context) (checkpoint.File, error) { return m.File, nil }

// Release does nothing.
func (m *Memory) Release(context.Context) error { return nil }

// Begin stores the initial positions of streams.
func (m *Memory) Begin(_ context.Context, streams ...checkpoint.Stream) error {
	return m.save(m.File.Begin(streams...), nil)
}

// Commit stores the moves of c.
func (m *Memory) Commit(_ context.Context, c checkpoint.Commit) error {
	f := m.File
	f.Streams = slices.Clone(f.Streams)
	for i := range f.Streams {
		f.Streams[i].Shards = maps.Clone(f.Streams[i].Shards)
	}
	moved, err := f.Apply(c.Moves)
	if err != nil {
		return err
	}
	return m.save(f, moved)
}

func (m *Memory) save(f checkpoint.File, moved checkpoint.Moved) error {
	if err := f.CheckMoved(moved); err != nil {
		return &checkpoint.UnsavableError{Path: "memory", Err: err}
	}
	copied := f
	copied.Streams = nil
	for _, s := range f.Streams {
		shards := map[string]checkpoint.Shard{}
		for id, shard := range s.Shards {
			shards[id] = shard
		}
		s.Shards = shards
		copied.Streams = append(copied.Streams, s)
	}
	m.File = copied
	m.Saved = append(m.Saved, copied)
	return nil
}

// Position is a shard's saved position in short: "AFTER_SEQUENCE_NUMBER 3".
func (m *Memory) Position(shard string) string {
	s := m.File.Streams[0].Shards[shard]
	return strings.TrimSpace(string(s.Kind) + " " + s.SequenceNumber)
}

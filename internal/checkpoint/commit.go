package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Commit is what becomes durable at once behind a batch.
type Commit struct {
	// Moves are in the order in which the shards moved: the end of a shard is
	// before what follows from it, and the last move of a shard counts.
	Moves []Move
	// Outputs is how far the files that the run writes to are good with the batch.
	// A checkpoint file has room for one.
	Outputs []Output
	// Batch is the number of the batch that was written last; negative before the
	// first, and for a commit that is of no batch.
	Batch int64
}

// Move is the new position in one shard.
type Move struct {
	Stream, Shard string
	To            Shard
	// Forget takes the shard out: nothing depends on its position any more.
	Forget bool
}

// Begin keeps where the shards of streams begin. When it returns nil that is on
// the disk; when it fails the old contents are still there.
func (h *Handle) Begin(_ context.Context, streams ...Stream) error {
	return h.Save(h.file.Begin(streams...), nil)
}

// Begin returns the file with where the shards of streams begin. Whoever has loaded f
// keeps its streams.
func (f File) Begin(streams ...Stream) File {
	f.Streams = slices.Clone(f.Streams)
	for _, s := range streams {
		s.Shards = maps.Clone(s.Shards)
		if known := f.Find(s.Name); known != nil {
			*known = s
		} else {
			f.Streams = append(f.Streams, s)
		}
	}
	return f
}

// Commit replaces the file with one in which the shards have moved, of streams
// that have begun. When it returns nil that is on the disk; when it fails the old
// contents are still there, and the handle has the old positions.
func (h *Handle) Commit(_ context.Context, c Commit) error {
	if len(c.Outputs) > 1 {
		return errors.New("a checkpoint file has room for one output")
	}
	moved, undo, err := h.file.apply(c.Moves)
	if err != nil {
		return err
	}
	f := h.file
	if len(c.Outputs) > 0 {
		output := c.Outputs[0]
		f.Output = &output
	}
	if err := h.Save(f, moved); err != nil {
		undo()
		h.encoder.streams = nil // it may have the new positions
		return err
	}
	return nil
}

// Apply moves shards, and returns which differ now. The error is that a stream
// has not begun; then nothing has moved.
func (f *File) Apply(moves []Move) (Moved, error) {
	moved, _, err := f.apply(moves)
	return moved, err
}

// apply is Apply. undo puts the shards back.
func (f *File) apply(moves []Move) (moved Moved, undo func(), err error) {
	for _, m := range moves {
		if f.Find(m.Stream) == nil {
			return nil, nil, fmt.Errorf("commit of stream %s, which has not begun", m.Stream)
		}
	}
	type was struct {
		shards map[string]Shard
		id     string
		at     Shard
		known  bool
	}
	moved = Moved{}
	all := make([]was, 0, len(moves))
	for _, m := range moves {
		shards := f.Find(m.Stream).Shards
		at, known := shards[m.Shard]
		all = append(all, was{shards, m.Shard, at, known})
		if m.Forget {
			delete(shards, m.Shard)
		} else {
			shards[m.Shard] = m.To
		}
		moved[m.Stream] = append(moved[m.Stream], m.Shard)
	}
	return moved, func() {
		for _, w := range slices.Backward(all) {
			if w.known {
				w.shards[w.id] = w.at
			} else {
				delete(w.shards, w.id)
			}
		}
	}, nil
}

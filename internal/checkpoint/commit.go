package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Commit is what one Commit call saves atomically after a batch.
type Commit struct {
	// Moves are in the order in which the shards moved. The end of a shard precedes the moves of
	// its children. The last move of a shard counts.
	Moves []Move
	// Outputs are the lengths of the run's output files after the batch. A checkpoint file can
	// store one.
	Outputs []Output
	// Batch is the number of the last written batch. It is negative before the first batch, and for
	// a commit without a batch.
	Batch int64
}

// Move is the new position in one shard.
type Move struct {
	Stream, Shard string
	To            Shard
	// Forget removes the shard: its position is no longer needed.
	Forget bool
}

// Begin saves the initial positions of streams. If it returns nil, they are on the disk. If it
// fails, the old contents are still there.
func (h *Handle) Begin(_ context.Context, streams ...Stream) error {
	return h.Save(h.file.Begin(streams...), nil)
}

// Begin returns a copy of the file with the initial positions of streams. f keeps its streams,
// because callers of Load may still use them.
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

// Commit saves the moves of shards. Their streams must have begun. If it returns nil, the new
// positions are on the disk. If it fails, the file and the handle have the old positions.
func (h *Handle) Commit(_ context.Context, c Commit) error {
	if len(c.Outputs) > 1 {
		return errors.New("a checkpoint file can store only one output")
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
		h.encoder.streams = nil // the encoder may have the new positions
		return err
	}
	return nil
}

// Apply applies the moves to f, and returns the shards that differ now. If a stream has not begun,
// it returns an error and applies nothing.
func (f *File) Apply(moves []Move) (Moved, error) {
	moved, _, err := f.apply(moves)
	return moved, err
}

// apply implements Apply. undo restores the old positions.
func (f *File) apply(moves []Move) (moved Moved, undo func(), err error) {
	for _, m := range moves {
		if f.Find(m.Stream) == nil {
			return nil, nil, fmt.Errorf("commit: stream %s has not begun", m.Stream)
		}
	}
	type undoEntry struct {
		shards map[string]Shard
		id     string
		at     Shard
		known  bool
	}
	moved = Moved{}
	all := make([]undoEntry, 0, len(moves))
	for _, m := range moves {
		shards := f.Find(m.Stream).Shards
		at, known := shards[m.Shard]
		all = append(all, undoEntry{shards, m.Shard, at, known})
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

package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kin/internal/checkpoint"
)

// doubt is a position that answers still contradict when the run ends.
type doubt struct {
	stream, shard string
	number        string           // its sequence number
	before        checkpoint.Shard // the position before the answer with that number
}

// note stores the position of a shard whose goroutine ends, if an answer has contradicted it.
// before is the position before the last answer with records.
func (r *runState) note(a *Assignment, at, before checkpoint.Shard) {
	if !a.isInDoubt(at) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubts = append(r.doubts, doubt{a.s.ref.Name, a.shard, at.SequenceNumber, before})
}

// moveBack moves every saved position in doubt back to the start of the answer that had its number.
// Otherwise the next run would skip the records between them. It returns err, whose hint then
// describes what was done to the checkpoint.
func (r *run) moveBack(ctx context.Context, err error) error {
	if len(r.doubts) == 0 || r.o.Positions == nil {
		return err
	}
	file, loadErr := r.positions.Load(ctx)
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	var moves []checkpoint.Move
	for _, d := range r.doubts {
		if stream := file.Find(d.stream); stream != nil && stream.Shards[d.shard].SequenceNumber == d.number {
			moves = append(moves, checkpoint.Move{Stream: d.stream, Shard: d.shard, To: d.before})
		}
	}
	if len(moves) > 0 {
		if commitErr := r.positions.Commit(ctx, checkpoint.Commit{Moves: moves, Batch: -1}); commitErr != nil {
			return errors.Join(err, commitErr)
		}
	}
	wrong, ended := errors.AsType[*SequenceError](err)
	for _, d := range r.doubts {
		moved := slices.ContainsFunc(moves, func(m checkpoint.Move) bool { return m.Stream == d.stream && m.Shard == d.shard })
		switch {
		case ended && wrong.Stream == d.stream && wrong.Shard == d.shard:
			wrong.movedBack, wrong.unsaved = moved, !moved
		case moved:
			r.o.Info(fmt.Sprintf("%s/%s: sequence number %s may be wrong: kin moved the checkpoint back to before that record", d.stream, d.shard, d.number))
		}
	}
	return err
}

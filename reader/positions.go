package reader

import (
	"context"

	"github.com/google/uuid"

	"kin/internal/checkpoint"
)

// Positions stores a run's positions and decides which shards this process reads. A checkpoint file
// is one; a lease table shared by many processes would be another. Its methods are called from one
// goroutine.
type Positions interface {
	// Owns reports whether this process reads the shard.
	Owns(stream, shard string) bool
	// Load returns the stored positions. If ctx ends first, the error is its cause.
	Load(ctx context.Context) (checkpoint.File, error)
	// Begin stores the initial positions of the shards of streams, before the first record is read.
	// They are durable when it returns nil.
	Begin(ctx context.Context, streams ...checkpoint.Stream) error
	// Commit stores the positions after a batch that was written. The streams must have begun. They
	// are durable when it returns nil.
	Commit(ctx context.Context, c checkpoint.Commit) error
	// Release releases what Load acquired. The end of a run does not cancel ctx: the store limits
	// its calls itself.
	Release(ctx context.Context) error
}

// orUnsaved returns p, or positions for one run if p is nil.
func orUnsaved(p Positions) Positions {
	if p == nil {
		return unsavedPositions{}
	}
	return p
}

// unsavedPositions keeps positions for one run.
type unsavedPositions struct{}

func (unsavedPositions) Owns(string, string) bool { return true }
func (unsavedPositions) Load(context.Context) (checkpoint.File, error) {
	return checkpoint.File{Version: checkpoint.Version, ID: uuid.NewString()}, nil
}
func (unsavedPositions) Begin(context.Context, ...checkpoint.Stream) error { return nil }
func (unsavedPositions) Commit(context.Context, checkpoint.Commit) error   { return nil }
func (unsavedPositions) Release(context.Context) error                     { return nil }

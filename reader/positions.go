package reader

import (
	"context"

	"github.com/google/uuid"

	"kin/internal/checkpoint"
)

// Positions is where a run's positions are kept, and what says which shards
// are this process's own. A checkpoint file is one; a lease table shared by
// many processes is another. Its methods are called from one goroutine.
type Positions interface {
	// Owns says whether this process reads the shard.
	Owns(stream, shard string) bool
	// Load returns the positions as they are. Its error is the cause of ctx if that
	// ends first.
	Load(ctx context.Context) (checkpoint.File, error)
	// Begin keeps where the shards of streams begin, before the first record is
	// read. That is durable when it returns nil.
	Begin(ctx context.Context, streams ...checkpoint.Stream) error
	// Commit keeps the positions behind a batch that was written, of streams that
	// have begun. They are durable when it returns nil.
	Commit(ctx context.Context, c checkpoint.Commit) error
	// Release gives up what Load took. The end of a run does not end ctx: what
	// limits the calls of Release is the store's own.
	Release(ctx context.Context) error
}

// kept returns positions, or those of one run where they are nil.
func kept(p Positions) Positions {
	if p == nil {
		return forgetful{}
	}
	return p
}

// forgetful keeps positions for the length of a run.
type forgetful struct{}

func (forgetful) Owns(string, string) bool { return true }
func (forgetful) Load(context.Context) (checkpoint.File, error) {
	return checkpoint.File{Version: checkpoint.Version, ID: uuid.NewString()}, nil
}
func (forgetful) Begin(context.Context, ...checkpoint.Stream) error { return nil }
func (forgetful) Commit(context.Context, checkpoint.Commit) error   { return nil }
func (forgetful) Release(context.Context) error                     { return nil }

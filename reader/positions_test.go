package reader

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
)

// awaitedPositions is a store that never answers.
type awaitedPositions struct {
	*kinesistest.Memory
	released []error // errors of the contexts of Release
}

func (a *awaitedPositions) Load(ctx context.Context) (checkpoint.File, error) {
	<-ctx.Done()
	return checkpoint.File{}, context.Cause(ctx)
}

func (a *awaitedPositions) Release(ctx context.Context) error {
	a.released = append(a.released, ctx.Err())
	return nil
}

// A remote store may take long to answer. The run does not wait after its end, and then releases
// the positions.
func TestRunDoesNotWaitForPositionsAfterItsEnd(t *testing.T) {
	stopped := errors.New("stopped")
	for name, timeout := range map[string]time.Duration{"the caller's context": 0, "the run's timeout": time.Second} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
			ctx, stop := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Minute, func() { stop(stopped) })
			positions := &awaitedPositions{Memory: kinesistest.NewMemory()}
			o := testOptions()
			o.Positions, o.Timeout = positions, timeout
			r, err := New(f, o)
			if err != nil {
				t.Fatal(err)
			}
			err = r.Run(ctx, HandlerOf(func(*Batch) error { return nil }))
			_, late := errors.AsType[*TimeoutError](err)
			if timeout == 0 && !errors.Is(err, stopped) || timeout > 0 && (!late || time.Since(f.Began) != timeout) {
				t.Errorf("%s: %v after %s", name, err, time.Since(f.Began))
			}
			if len(positions.released) != 1 || positions.released[0] != nil {
				t.Errorf("%s: released with contexts that have ended: %v", name, positions.released)
			}
		})
	}
}

// committedPositions keeps the commits of a run.
type committedPositions struct {
	*kinesistest.Memory
	commits []checkpoint.Commit
}

func (c *committedPositions) Commit(ctx context.Context, commit checkpoint.Commit) error {
	c.commits = append(c.commits, commit)
	return c.Memory.Commit(ctx, commit)
}

// The outputs that the handler returns are committed together with the positions of its batch.
func TestHandlerReturnsTheCommitOfItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		positions := &committedPositions{Memory: kinesistest.NewMemory()}
		o := bounded()
		o.Positions = positions
		r, err := New(kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}}), o)
		if err != nil {
			t.Fatal(err)
		}
		length := int64(0)
		err = r.Run(t.Context(), func(b *Batch) (checkpoint.Commit, error) {
			length += int64(b.Bytes)
			commit := b.Commit()
			commit.Outputs = []checkpoint.Output{{Path: "orders.jsonl", Length: length}}
			return commit, nil
		})
		if err != nil || length == 0 {
			t.Fatalf("%d bytes, %v", length, err)
		}
		written := slices.DeleteFunc(positions.commits, func(c checkpoint.Commit) bool { return c.Outputs == nil })
		last := written[len(written)-1]
		if last.Outputs[0] != (checkpoint.Output{Path: "orders.jsonl", Length: length}) || last.Batch != int64(len(written)-1) {
			t.Errorf("the last commit is %+v", last)
		}
		if at := last.Moves[len(last.Moves)-1]; at.Shard != "a" || at.To.SequenceNumber == "" {
			t.Errorf("the last move is %+v", at)
		}
	})
}

// A handler that fails commits nothing of its batch.
func TestFailedHandlerCommitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := errors.New("disk full")
		positions := &committedPositions{Memory: kinesistest.NewMemory()}
		o := bounded()
		o.Positions = positions
		r, err := New(kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}}), o)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Run(t.Context(), func(b *Batch) (checkpoint.Commit, error) { return b.Commit(), failed })
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		for _, c := range positions.commits {
			if len(c.Moves) > 0 {
				t.Errorf("committed %+v", c)
			}
		}
	})
}

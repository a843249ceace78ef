package reader

import (
	"context"
	"errors"
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
			err = r.Run(ctx, func(*Batch) error { return nil })
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

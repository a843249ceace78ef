package cmd

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kin/cmd/internal/flags"
	"kin/reader"
)

// A slow start does not extend --timeout: each step gets the remaining time.
func TestFault14ASlowStartCountsTowardsTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := defaultReadOptions()
		o.streams, o.Timeout = []string{"orders"}, flags.Span{Duration: flags.Duration(10 * time.Second)}
		time.Sleep(2 * time.Second) // as for reading the settings
		if err := o.StartWithin(t.Context(), func(context.Context) error { time.Sleep(4 * time.Second); return nil }); err != nil {
			t.Fatal(err)
		}
		cause := errors.New("late")
		ctx, cancel := o.Limited(t.Context(), cause)
		defer cancel()
		if end, bounded := ctx.Deadline(); !bounded || time.Until(end) != 4*time.Second {
			t.Errorf("%s remain for the next step, %v", time.Until(end), bounded)
		}
		ro, err := o.reader()
		if err != nil || time.Since(ro.Began) != 6*time.Second || ro.Timeout != 10*time.Second {
			t.Errorf("the run has %s from %s ago, %v", ro.Timeout, time.Since(ro.Began), err)
		}
		time.Sleep(3 * time.Second)
		err = o.StartWithin(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		var timeout *reader.TimeoutError
		if !errors.As(err, &timeout) || time.Since(ro.Began) != 10*time.Second {
			t.Errorf("got %v after %s", err, time.Since(ro.Began))
		}
		if <-ctx.Done(); context.Cause(ctx) != cause {
			t.Errorf("the cause is %v", context.Cause(ctx))
		}
	})
}

// Without --timeout no step has a deadline.
func TestFault14WithoutATimeoutAStartHasNoDeadline(t *testing.T) {
	ctx, cancel := defaultReadOptions().Limited(t.Context(), errors.New("late"))
	defer cancel()
	if _, bounded := ctx.Deadline(); bounded {
		t.Error("the context has a deadline")
	}
}

//go:build unix

package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"kin/cmd/internal/console"
	"kin/internal/local"
)

// kin watches stdout on Unix only: Windows cannot watch a pipe.

// A closed stdout ends a wait without a message, even if nothing is written.
func TestAClosedStdoutEndsARegistration(t *testing.T) {
	run := consumersOfOrders(t, local.Options{ConsumerCreatingDelay: time.Hour})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	messages := &watchedText{text: "it is CREATING", call: func() { r.Close() }}
	done := make(chan int, 1)
	go func() {
		done <- run(t.Context(), console.Streams{Out: w, Err: messages}, "register", "orders", "kin_a")
	}()
	select {
	case code := <-done:
		if code != 0 {
			t.Errorf("exit code %d, %q", code, messages.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the command does not end")
	}
}

func TestFault19AHangUpEndsTheContextOfStdout(t *testing.T) {
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	e := newEnv(console.Streams{Out: in, Err: io.Discard})
	opened, ctx, err := e.OpenStdout(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), console.ErrStdoutClosed) {
		t.Errorf("got %v", context.Cause(ctx))
	}
	opened.Close()
}

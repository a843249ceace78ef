//go:build unix

package cmd

import (
	"bytes"
	"context"
	"strings"
	"syscall"
	"testing"

	"kin/cmd/internal/console"
	"kin/reader"
)

func TestFault10ABatchInterruptedByASignalIsNotCommitted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(console.SignalError{Signal: syscall.SIGINT})
	var messages bytes.Buffer
	e := newEnv(console.Streams{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &messages})
	err := execBatch(ctx, e.Console, "kill -INT $$")(&reader.Batch{Records: 5})
	code := e.report(ctx, err)
	e.Stderr.Flush()
	const want = "kin: --exec \"kill -INT $$\": signal: interrupt; its batch of 5 records is not committed\n"
	if code != 130 || messages.String() != want {
		t.Errorf("exit code %d, %q", code, messages.String())
	}
}

package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"kin/cmd/internal/console"
	"kin/internal/words"
	"kin/reader"
)

// execBatch returns a handler that runs command for each batch, with the
// batch's output on its standard input. Its own output goes where kin's goes.
// A command that exits with 0 has taken the batch, whether it read all of it
// or not; anything else ends the run with the batch uncommitted.
func (e *env) execBatch(ctx context.Context, command string) func(*reader.Batch) error {
	return func(b *reader.Batch) error {
		parts := make([]io.Reader, len(b.Blocks))
		for i, block := range b.Blocks {
			parts[i] = bytes.NewReader(block.Data)
		}
		// A signal stops the run behind this batch, not in its middle.
		c := console.ShellCommand(context.WithoutCancel(ctx), command)
		c.Stdin = io.MultiReader(parts...)
		c.Stdout, c.Stderr = e.Out, e.ChildStderr()
		err := c.Run()
		if err == nil {
			return nil
		}
		err = fmt.Errorf("--exec %q: %w; its batch of %s is not committed", command, err, words.Count(int64(b.Records), "record"))
		if stop := console.StopOf(ctx, err); stop != nil {
			e.Print(err.Error())
			return stop
		}
		return err
	}
}

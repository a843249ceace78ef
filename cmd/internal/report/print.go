package report

import (
	"context"
	"encoding/json"
	"io"

	"kin/cmd/internal/console"
)

// JSONLine is a value as a line of JSON.
func JSONLine(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b) + "\n", err
}

// Print runs what makes a report and prints that. A closed stdout ends both.
func Print(ctx context.Context, c *console.Console, report func(context.Context) (string, error)) error {
	out, ctx, err := c.OpenStdout(ctx, false)
	if err != nil {
		return err
	}
	defer out.Close()
	text, err := report(ctx)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	return out.Flush()
}

package report

import (
	"context"
	"encoding/json"
	"io"

	"kin/cmd/internal/console"
)

// JSONLine returns a value as a line of JSON.
func JSONLine(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b) + "\n", err
}

// Print calls report and prints its text on stdout. A closed stdout cancels the context of
// report.
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

package console

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// CanAsk reports whether both stdin and stderr are terminals, so that a question can be
// asked.
func (c *Console) CanAsk() bool { return IsTerminal(c.In) && IsTerminal(c.Err) }

// Ask prints a question on stderr and reads the answer from stdin. It returns true for y
// and yes, and false for anything else. If ctx ends first, the error is its cause.
func (c *Console) Ask(ctx context.Context, question string) (bool, error) {
	if err := c.Stderr.WriteData(ctx, fmt.Sprintf("kin: %s [y/N] ", question)); ctx.Err() != nil {
		return false, context.Cause(ctx)
	} else if err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	answer := make(chan string, 1) // buffered: after a signal nobody receives
	go func() {
		line, err := bufio.NewReader(c.In).ReadString('\n') // at the end of the input, the rest is the answer
		if err != nil {
			_, _ = fmt.Fprintln(c.Stderr) // no newline was typed after the question
		}
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		_, _ = fmt.Fprintln(c.Stderr)
		return false, context.Cause(ctx)
	case a := <-answer:
		return a == "y" || a == "yes", nil
	}
}

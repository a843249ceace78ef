package console

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// CanAsk says whether there is a terminal to ask a question on and to answer
// it.
func (c *Console) CanAsk() bool { return IsTerminal(c.In) && IsTerminal(c.Err) }

// Ask asks a question on the terminal. Anything but yes is no.
func (c *Console) Ask(ctx context.Context, question string) (bool, error) {
	if err := c.Stderr.WriteData(ctx, fmt.Sprintf("kin: %s [y/N] ", question)); ctx.Err() != nil {
		return false, context.Cause(ctx)
	} else if err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	answer := make(chan string, 1) // one for nobody when a signal comes first
	go func() {
		line, err := bufio.NewReader(c.In).ReadString('\n') // what was typed before the end is the answer
		if err != nil {
			_, _ = fmt.Fprintln(c.Stderr) // nobody has ended the line of the question
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

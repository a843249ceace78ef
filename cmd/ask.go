package cmd

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// canAsk says whether there is a terminal to ask a question on and to answer
// it.
func (e *env) canAsk() bool { return isTerminal(e.In) && isTerminal(e.Err) }

// ask asks a question on the terminal. Anything but yes is no.
func (e *env) ask(ctx context.Context, question string) (bool, error) {
	if err := e.stderr.data(ctx, fmt.Sprintf("kin: %s [y/N] ", question)); ctx.Err() != nil {
		return false, context.Cause(ctx)
	} else if err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	answer := make(chan string, 1) // one for nobody when a signal comes first
	go func() {
		line, err := bufio.NewReader(e.In).ReadString('\n') // what was typed before the end is the answer
		if err != nil {
			_, _ = fmt.Fprintln(e.stderr) // nobody has ended the line of the question
		}
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		_, _ = fmt.Fprintln(e.stderr)
		return false, context.Cause(ctx)
	case a := <-answer:
		return a == "y" || a == "yes", nil
	}
}

package console

import (
	"io"
	"os"
	"time"
)

// Info prints a message unless -q is set.
func (c *Console) Info(message string) {
	if !c.IsQuiet {
		c.Print(message)
	}
}

// Detail prints a message of less interest, such as that a shard was opened or closed. It
// prints only on a terminal or with -v, and drops the message if stderr is blocked.
func (c *Console) Detail(message string) {
	if c.IsVerbose || (!c.IsQuiet && IsTerminal(c.Err)) {
		c.Stderr.offer(message)
	}
}

// AtEnd keeps a message that is still true after the run. Main prints it after everything
// else, errors included, unless -q is set.
func (c *Console) AtEnd(message string) { c.Stderr.keep(message) }

// Print writes a message to stderr, also with -q.
func (c *Console) Print(message string) { c.Stderr.message(message) }

// ChildStderr returns the stderr of a child process: kin's own file if there is one. kin's
// earlier messages are printed first.
func (c *Console) ChildStderr() io.Writer {
	c.Stderr.queue.flush(time.Time{}) // does not wait if stderr is already blocked
	if f, ok := c.Err.(*os.File); ok {
		return f
	}
	return c.Stderr
}

// PrintError prints an error's message, and its hint if there is one.
func (c *Console) PrintError(x Explanation) {
	c.Print(x.Message)
	if x.Hint != "" {
		c.Print("hint: " + x.Hint)
	}
}

package console

import (
	"io"
	"os"
	"time"
)

// Info prints a message, unless -q asks for errors alone.
func (c *Console) Info(message string) {
	if !c.IsQuiet {
		c.Print(message)
	}
}

// Detail prints what only somebody who watches wants to know, such as shards that
// open and close: on a terminal, or with -v.
func (c *Console) Detail(message string) {
	if c.IsVerbose || (!c.IsQuiet && IsTerminal(c.Err)) {
		c.Stderr.offer(message)
	}
}

// AtEnd is Info for what stays true after the run. It is printed after everything
// else, an error included.
func (c *Console) AtEnd(message string) { c.Stderr.keep(message) }

// Print writes a message to stderr.
func (c *Console) Print(message string) { c.Stderr.message(message) }

// ChildStderr is the standard error of a child process: the file itself where
// there is one. What kin has printed comes before what the child prints.
func (c *Console) ChildStderr() io.Writer {
	c.Stderr.queue.flush(time.Time{}) // without a wait for a stderr that is known to be blocked
	if f, ok := c.Err.(*os.File); ok {
		return f
	}
	return c.Stderr
}

// PrintError prints what went wrong, and what to do next.
func (c *Console) PrintError(x Explanation) {
	c.Print(x.Message)
	if x.Hint != "" {
		c.Print("hint: " + x.Hint)
	}
}

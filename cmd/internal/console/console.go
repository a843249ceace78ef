// Package console is how a run speaks with its user: the three streams, messages,
// questions, the live line, child processes, signals, exit codes, and what an error
// means to a person. Everything that goes to stderr goes through it, so that no two
// goroutines mix their lines.
package console

import (
	"io"
	"log/slog"
)

// Streams are the three standard streams of a run. In main they are the
// process's own files; a test passes buffers.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Console is how a run speaks with its user: the three streams, messages, the log,
// and how much of that is wanted. Its methods are for several goroutines.
type Console struct {
	Streams
	Log *slog.Logger

	Color                       ColorMode
	IsVerbose, IsQuiet, IsDebug bool

	Stderr *Stderr // every message goes through it
}

// New returns the console before the flags were parsed.
func New(s Streams) *Console {
	return &Console{Streams: s, Stderr: newStderr(s.Err), Log: slog.New(slog.DiscardHandler), Color: colorAuto}
}

// FlagsParsed is called once, when the global flags have their values.
func (c *Console) FlagsParsed() {
	if c.IsDebug {
		c.Log = slog.New(slog.NewTextHandler(stderrLog{c.Stderr}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

// Package console is how a run communicates with its user: the three streams, messages,
// questions, the live line, child processes, signals and exit codes. It also explains
// errors. Everything that goes to stderr passes through it, so that lines of different
// goroutines never mix.
package console

import (
	"io"
	"log/slog"
)

// Streams are the three standard streams of a run. main passes the process's files, and
// tests pass buffers.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Console has the streams of a run, its log, and the global flags that control the output.
// Its methods are safe for concurrent use once FlagsParsed has returned.
type Console struct {
	Streams
	Log *slog.Logger

	Color                       ColorMode
	IsVerbose, IsQuiet, IsDebug bool

	Stderr *Stderr // writes every message
}

// New returns a console with the defaults of the global flags. Its log discards everything
// unless FlagsParsed opens it.
func New(s Streams) *Console {
	return &Console{Streams: s, Stderr: newStderr(s.Err), Log: slog.New(slog.DiscardHandler), Color: colorAuto}
}

// FlagsParsed opens the log if --debug is set. It is called once, after the global flags
// have their values.
func (c *Console) FlagsParsed() {
	if c.IsDebug {
		c.Log = slog.New(slog.NewTextHandler(stderrLog{c.Stderr}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

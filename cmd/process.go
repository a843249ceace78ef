package cmd

import (
	"context"

	"kin/cmd/internal/console"
)

// Streams are the three standard streams of a run. In main they are the
// process's own files; a test passes buffers.
type Streams = console.Streams

// SignalContext returns a context that the first SIGHUP, SIGINT or SIGTERM
// cancels. release gives the signals back before.
func SignalContext(parent context.Context) (ctx context.Context, release func()) {
	return console.SignalContext(parent)
}

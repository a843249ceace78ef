// Command kin reads, tails and writes Amazon Kinesis Data Streams.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"kin/cmd"
)

func main() { os.Exit(run()) }

// run handles signals, runs the command and returns its exit code.
func run() int {
	// With this, a write to a closed stdout is an error and does not end the process. Ignore
	// would do the same, but children would inherit it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, release := cmd.SignalContext(context.Background())
	defer release()
	return cmd.Main(ctx, os.Args[1:], cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

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

// run takes the signals, runs the command and returns its exit code.
func run() int {
	// A write to a closed stdout is then an error to handle, not the end of
	// the process. Not Ignore: children would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, release := cmd.SignalContext(context.Background())
	defer release()
	return cmd.Main(ctx, os.Args[1:], cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

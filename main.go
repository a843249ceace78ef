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
	// Without a handler, a write to a closed stdout would end the process. With one, the write
	// returns an error. signal.Ignore would do so too, but child processes inherit it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, release := cmd.SignalContext(context.Background())
	defer release()
	return cmd.Main(ctx, os.Args[1:], cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

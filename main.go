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

// run takes the signals, runs the command and returns its exit code. The first
// signal cancels the context; then the defaults are back, so that a second one
// ends the process at once.
func run() int {
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		if !signal.Ignored(s) { // nohup
			signal.Notify(signals, s)
		}
	}
	// A write to a closed stdout is then an error to handle, not the end of
	// the process. Not Ignore: children would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		s := <-signals
		signal.Reset(syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
		cancel(cmd.SignalError{Signal: s})
	}()
	return cmd.Main(ctx, os.Args[1:], cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

package cmd

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kin/writer"
)

// watchStop stands by while a run writes. When the first signal has stopped its
// intake, and what was read is not written at once, it says what the run still
// does; a second signal ends that, and the run says what it cannot be sure of.
// The function it returns must be called in the end.
func watchStop(ctx context.Context, e *env, w *writer.Writer, grace time.Duration) func() {
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		second := make(chan os.Signal, 1)
		for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
			if !signal.Ignored(s) {
				signal.Notify(second, s)
			}
		}
		defer signal.Stop(second)
		slow := time.After(time.Second)
		for {
			select {
			case <-slow:
				e.say("stopping: writing what was read, for at most " + (*durationValue)(&grace).String() + "; a second signal ends it at once")
			case <-second:
				w.Abandon()
				signal.Stop(second) // a third one is as the system has it
				select {
				case <-time.After(time.Second):
					e.say("what is written to does not take it, and holds the run up; another signal ends it without a word")
				case <-over.Done():
				}
				return
			case <-over.Done():
				return
			}
		}
	})
	return func() { stop(); end() }
}

package console

import (
	"context"
	"os"
	"os/signal"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// Abandoner is a writer that can be stopped at once.
type Abandoner interface{ Abandon() }

// WatchSecondSignal stands by while a run writes. When the first signal has stopped its
// intake, and what was read is not written at once, it says what the run still
// does. A second signal abandons the writer, and the run reports what may be
// written. The function it returns must be called in the end.
func (c *Console) WatchSecondSignal(ctx context.Context, w Abandoner, grace time.Duration) func() {
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		signals := notifyStops()
		defer signal.Stop(signals) // a third one is as the system has it
		abandonAtSecond(ctx, over, signals, c, w, grace)
	})
	return func() { stop(); end() }
}

// abandonAtSecond abandons the writer at the second signal, until over ends. It
// takes the duplicates of that signal too, also behind the end of the run: they
// would kill the process before it has reported.
func abandonAtSecond(ctx, over context.Context, signals <-chan os.Signal, c *Console, w Abandoner, grace time.Duration) {
	stops := stopsBehind(ctx)
	slow := time.After(duplicateWindow)
	for {
		select {
		case <-slow:
			c.Info("stopping: writing what was read, for at most " + str2duration.String(grace) + "; a second signal, a second or more after the first, ends it at once")
		case <-signals:
			if !stops.counts(time.Now()) {
				continue
			}
			w.Abandon()
			dropDuplicates(signals, nil)
			if over.Err() == nil {
				c.Info("the output is blocked, and the run waits for it; another signal ends kin at once")
			}
			return
		case <-over.Done():
			return
		}
	}
}

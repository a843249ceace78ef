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

// WatchSecondSignal handles a second signal while a run writes. ctx ends with the first
// signal. If writing takes longer than duplicateWindow after that, it prints that the run
// continues for up to grace. A second signal calls w.Abandon, and the run then reports
// which records may be written. The caller has to call the returned function when the run
// has ended.
func (c *Console) WatchSecondSignal(ctx context.Context, w Abandoner, grace time.Duration) func() {
	done, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		signals := notifyStops()
		defer signal.Stop(signals) // a third signal has the system's default action
		abandonAtSecond(ctx, done, signals, c, w, grace)
	})
	return func() { stop(); end() }
}

// abandonAtSecond abandons the writer at the second signal, unless done ends first. It also
// drops the duplicates of the second signal, even after the end of the run. They would kill
// the process before it has printed its report.
func abandonAtSecond(ctx, done context.Context, signals <-chan os.Signal, c *Console, w Abandoner, grace time.Duration) {
	stops := countStops(ctx)
	slow := time.After(duplicateWindow)
	for {
		select {
		case <-slow:
			c.Info("stopping: writing the records already read, for at most " + str2duration.String(grace) + "; to stop at once, send another signal 1s or more after the first")
		case <-signals:
			if !stops.counts(time.Now()) {
				continue
			}
			w.Abandon()
			dropDuplicates(signals, nil)
			if done.Err() == nil {
				c.Info("the output is blocked, and the run waits for it; another signal ends kin at once")
			}
			return
		case <-done.Done():
			return
		}
	}
}

package reader

import (
	"context"
	"fmt"
	"time"
)

// collect runs until the buffer is closed and empty, the limit is reached, the handler fails, or
// the run's context ends.
func (r *run) collect(handle Handler) error {
	c := &collector{run: r, handle: handle, remaining: -1, statuses: newShardStatuses(r)}
	if r.o.Limit > 0 {
		c.remaining = r.o.Limit
	}
	now := time.Now()
	c.lastRecord, c.observed, c.opened = now, now, now
	c.progress.begin(c.statuses)
	defer c.progress.end(c.statuses)
	defer c.drop()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if err := r.ctx.Err(); err != nil {
			return context.Cause(r.ctx)
		}
		if c.o.Timeout > 0 && time.Since(c.began) >= c.o.Timeout {
			return c.timedOut()
		}
		if err := c.observeIdle(); err != nil {
			return err
		}
		if time.Since(c.reported) >= progressEvery {
			c.addProgress(0, 0)
		}
		block, more := r.buf.take()
		switch {
		case block != nil:
			if err := c.add(block); err != nil {
				return err
			}
			if c.remaining == 0 {
				return c.flush()
			}
			if c.isFull() {
				if err := c.flush(); err != nil {
					return err
				}
			}
			continue
		case !more:
			return c.complete()
		case c.isIdle():
			c.reportFailing("at the end")
			return c.complete()
		case c.isDue():
			if err := c.flush(); err != nil {
				return err
			}
			continue
		}
		timer.Reset(c.wait())
		select {
		case <-r.buf.changes:
		case <-timer.C:
		case <-r.ctx.Done():
		}
	}
}

// isDue reports whether the batch has to be flushed although no block is waiting.
func (c *collector) isDue() bool {
	if len(c.batch.Blocks) == 0 {
		return false
	}
	if c.batch.Records == 0 {
		// The batch has nothing to write, so the positions can wait.
		return time.Since(c.since) >= max(c.o.MaxFetchDuration, minIdleCommit) || c.buf.full()
	}
	return time.Since(c.since) >= c.o.MaxFetchDuration || c.buf.full() || c.allAtTip()
}

// minIdleCommit is how often an idle run commits its positions at most.
const minIdleCommit = time.Second

// complete ends a run that reached its bound or received no more records.
func (c *collector) complete() error {
	if c.lastRecord.Equal(c.opened) && c.unansweredShards() == 0 {
		c.hintEmpty()
	}
	return c.flush()
}

// unansweredShards is how many of the shards that are being read have not answered.
func (c *collector) unansweredShards() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unanswered
}

// timedOut ends a run whose timeout expired.
func (c *collector) timedOut() error {
	if err := c.complete(); err != nil {
		return err
	}
	bound := c.o.bounded() || c.remaining > 0 || c.o.IdleTimeout > 0
	if !bound && c.isUnanswered() {
		return &TimeoutError{After: c.o.Timeout, Err: c.reporter.Last(), Unanswered: true}
	}
	if n := c.unansweredShards(); n > 0 {
		c.o.Info(fmt.Sprintf("%d of %s gave no usable answer before --timeout %s expired", n, counted(c.openShards(), "shard"), c.o.Timeout))
	}
	if bound {
		return &TimeoutError{After: c.o.Timeout, Err: c.reporter.Last()}
	}
	c.reportFailing("when --timeout expired")
	return nil
}

// isUnanswered reports whether there are shards to read and none has given a usable answer. A quiet
// subscription sends none: if the service accepted it, that counts as an answer, unless a call
// fails.
func (c *collector) isUnanswered() bool {
	c.mu.Lock()
	silent := c.reading > 0 && !c.answered
	c.mu.Unlock()
	return silent && (c.o.Source == nil || !c.served.Load() || c.reporter.Last() != nil)
}

// isIdle reports whether no record came for the idle timeout although every shard answered lately.
// The run is not idle while a shard waits, fails or is behind.
func (c *collector) isIdle() bool {
	return c.o.IdleTimeout > 0 && time.Since(c.lastRecord) >= c.o.IdleTimeout && c.allAtTip() &&
		c.statuses.silence(time.Now()) <= max(c.o.IdleTimeout, c.silence())
}

// progressEvery is how often the progress is updated while nothing is written.
const progressEvery = time.Second

// wait is how long the loop may sleep if no block comes.
func (c *collector) wait() time.Duration {
	wait := min(c.untilDue(), time.Until(c.reported.Add(progressEvery)))
	if left := time.Until(c.lastRecord.Add(c.o.IdleTimeout)); c.o.IdleTimeout > 0 && left > 0 {
		wait = min(wait, left) // after the idle timeout, only a block can change isIdle
	}
	if c.o.Timeout > 0 {
		wait = min(wait, time.Until(c.began.Add(c.o.Timeout)))
	}
	if c.o.Observe != nil && c.batch.Records == 0 {
		wait = min(wait, time.Until(c.observed.Add(c.o.MaxFetchDuration)))
	}
	return wait
}

// untilDue is how long the batch may still wait.
func (c *collector) untilDue() time.Duration {
	if len(c.batch.Blocks) == 0 {
		return time.Hour
	}
	wait := c.o.MaxFetchDuration
	if c.batch.Records == 0 {
		wait = max(wait, minIdleCommit)
	}
	return time.Until(c.since.Add(wait))
}

// allAtTip reports whether every shard that is being read was at its tip in its last answer.
func (c *collector) allAtTip() bool { return c.statuses.atTip(c.openShards()) }

// observeIdle observes a run that wrote nothing for a while.
func (c *collector) observeIdle() error {
	if c.o.Observe == nil || c.batch.Records > 0 || time.Since(c.observed) < c.o.MaxFetchDuration {
		return nil // flush observes a batch with records
	}
	return c.observe(c.id, 0)
}

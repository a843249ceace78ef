package reader

import (
	"context"
	"fmt"
	"time"
)

// collect runs until the buffer is closed and empty, the limit is reached, the
// handler fails, or the run's context ends.
func (r *run) collect(handle func(*Batch) error) error {
	c := &collector{run: r, handle: handle, left: -1, statuses: newShardStatuses(r)}
	if r.o.Limit > 0 {
		c.left = r.o.Limit
	}
	now := time.Now()
	c.record, c.observed, c.opened = now, now, now
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
			if c.left == 0 {
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

// isDue says whether the batch has to be handed on when no block is there to
// be taken.
func (c *collector) isDue() bool {
	if len(c.batch.Blocks) == 0 {
		return false
	}
	if c.batch.Records == 0 {
		// Nothing to write: the positions can wait a little.
		return time.Since(c.since) >= max(c.o.MaxFetchDuration, leastIdleCommit) || c.buf.full()
	}
	return time.Since(c.since) >= c.o.MaxFetchDuration || c.buf.full() || c.allAtTip()
}

// leastIdleCommit keeps an idle run from writing its positions all the time.
const leastIdleCommit = time.Second

// complete ends a run that has nothing more to do: it reached its bound, or no more
// records came.
func (c *collector) complete() error {
	if c.record.Equal(c.opened) && c.unansweredShards() == 0 {
		c.hintEmpty()
	}
	return c.flush()
}

// unansweredShards is how many of the shards that are being read have not
// answered.
func (c *collector) unansweredShards() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unanswered
}

// timedOut ends a run whose time is over.
func (c *collector) timedOut() error {
	if err := c.complete(); err != nil {
		return err
	}
	bound := c.o.bounded() || c.left > 0 || c.o.IdleTimeout > 0
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

// isUnanswered reports whether there are shards to read and none of them has given a
// usable answer. A quiet subscription sends none: an accepted one counts as an answer,
// unless a call fails.
func (c *collector) isUnanswered() bool {
	c.mu.Lock()
	silent := c.reading > 0 && !c.answered
	c.mu.Unlock()
	return silent && (c.o.Source == nil || !c.served.Load() || c.reporter.Last() != nil)
}

// isIdle says whether no record has come for the idle time, and every shard has
// answered lately. A shard that waits, fails or is behind keeps the run from being idle.
func (c *collector) isIdle() bool {
	return c.o.IdleTimeout > 0 && time.Since(c.record) >= c.o.IdleTimeout && c.allAtTip() &&
		c.statuses.silence(time.Now()) <= max(c.o.IdleTimeout, c.silence())
}

// progressEvery is how often a run says how it goes while nothing is written.
const progressEvery = time.Second

// wait is how long the loop may sleep if no block comes.
func (c *collector) wait() time.Duration {
	wait := min(c.untilDue(), time.Until(c.reported.Add(progressEvery)))
	if left := time.Until(c.record.Add(c.o.IdleTimeout)); c.o.IdleTimeout > 0 && left > 0 {
		wait = min(wait, left) // once it is over, only a block can change that
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
		wait = max(wait, leastIdleCommit)
	}
	return time.Until(c.since.Add(wait))
}

// allAtTip says whether every shard that is being read was at its tip when it
// last answered.
func (c *collector) allAtTip() bool { return c.statuses.atTip(c.openShards()) }

// observeIdle reports the progress of a run in which nothing was written for a while.
func (c *collector) observeIdle() error {
	if c.o.Observe == nil || c.batch.Records > 0 || time.Since(c.observed) < c.o.MaxFetchDuration {
		return nil // a batch with records was reported
	}
	return c.observe(c.id, 0)
}

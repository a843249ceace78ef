package reader

import (
	"context"
	"fmt"
	"time"

	"kin/internal/checkpoint"
)

// mostBatch bounds a batch's bytes, with a quarter of the buffer; one block is
// always allowed.
const mostBatch = 8_000_000

// collector takes blocks from the buffer, makes batches of them, and moves the
// positions behind those that were written. It runs on one goroutine.
type collector struct {
	*run
	handle func(*Batch) error
	id     int64 // of the next batch
	left   int64 // of the limit; negative without one

	batch Batch
	since time.Time // when the batch's first block was taken
	bytes int64     // what it holds in memory
	ended bool      // it holds the end of a shard

	opened time.Time // when the streams were open
	record time.Time // when the last record came, or the streams were open

	observed time.Time // when the last observation was made
	told     time.Time // when the progress was brought up to date

	statuses *shardStatuses
}

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
		if time.Since(c.told) >= progressEvery {
			c.tell(0, 0)
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
			c.sayFailing("at the end")
			return c.complete()
		case c.isDue():
			if err := c.flush(); err != nil {
				return err
			}
			continue
		}
		timer.Reset(c.wait())
		select {
		case <-r.buf.news:
		case <-timer.C:
		case <-r.ctx.Done():
		}
	}
}

// add puts a block into the batch, after handing on a batch that it does not
// fit into.
func (c *collector) add(b *Block) error {
	if len(c.batch.Blocks) > 0 && c.bytes+b.size() > c.most() {
		if err := c.flush(); err != nil {
			return err
		}
	}
	if c.left >= 0 && int64(b.Records) >= c.left {
		if int64(b.Records) > c.left {
			b.cut(int(c.left))
		}
		c.left = 0
	} else if c.left > 0 {
		c.left -= int64(b.Records)
	}
	if len(c.batch.Blocks) == 0 {
		c.since = time.Now()
	}
	c.batch.Blocks = append(c.batch.Blocks, b)
	c.batch.Records += b.Records
	c.batch.Bytes += len(b.Data)
	c.bytes += b.size()
	c.ended = c.ended || b.end
	if len(b.index) > 0 {
		c.record = time.Now()
	}
	c.statuses.take(b, time.Now())
	return nil
}

func (c *collector) most() int64 { return min(mostBatch, c.o.FetchBufferSize/4) }

// isFull says whether the batch has to be handed on before more is taken.
func (c *collector) isFull() bool { return c.bytes >= c.most() || c.ended }

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

// complete ends a run by itself: a bound in time is met, or nothing comes any
// more.
func (c *collector) complete() error {
	if c.record.Equal(c.opened) && c.unheardShards() == 0 {
		c.hints.empty(c.streams, c.o)
	}
	return c.flush()
}

// unheardShards is how many of the shards that are being read have not said
// anything.
func (c *collector) unheardShards() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unheard
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
	if n := c.unheardShards(); n > 0 {
		c.o.Say(fmt.Sprintf("%d of %s gave no usable answer before --timeout %s expired", n, counted(c.openShards(), "shard"), c.o.Timeout))
	}
	if bound {
		return &TimeoutError{After: c.o.Timeout, Err: c.reporter.Last()}
	}
	c.sayFailing("when the time was over")
	return nil
}

// isUnanswered reports whether there are shards to read and none of them has given a usable
// answer. A subscription says nothing while nothing arrives: there a call has to fail, too.
func (c *collector) isUnanswered() bool {
	c.mu.Lock()
	silent := c.reading > 0 && !c.answered
	c.mu.Unlock()
	return silent && (c.o.Source == nil || c.reporter.Last() != nil)
}

// isIdle says whether no record has come for the idle time although every shard
// was asked: a shard that sleeps, fails or is behind is not idle.
func (c *collector) isIdle() bool {
	return c.o.IdleTimeout > 0 && time.Since(c.record) >= c.o.IdleTimeout && c.allAtTip() &&
		c.statuses.silence(time.Now()) <= max(c.o.IdleTimeout, c.silence())
}

// mostIdleSilence is how long a shard that is asked regularly may say nothing.
const mostIdleSilence = 3 * time.Second

// silence is how long a shard of this run may say nothing.
func (r *run) silence() time.Duration { return max(mostIdleSilence, r.o.Silence) }

// progressEvery is how often a run says how it goes while nothing is written.
const progressEvery = time.Second

// wait is how long nothing needs to be looked at if no block comes.
func (c *collector) wait() time.Duration {
	wait := min(c.untilDue(), time.Until(c.told.Add(progressEvery)))
	if left := time.Until(c.record.Add(c.o.IdleTimeout)); c.o.IdleTimeout > 0 && left > 0 {
		wait = min(wait, left) // after that, the next block is what can change it
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

// flush hands the batch on and, when it was written, moves the positions.
func (c *collector) flush() error {
	if len(c.batch.Blocks) == 0 {
		return nil
	}
	if c.batch.Records > 0 {
		c.batch.ID = c.id
		c.id++
		start := time.Now()
		if err := c.handle(&c.batch); err != nil {
			return err
		}
		c.hints.wrote(time.Since(start), c.buf.full(), c.o.FetchBufferSize)
	}
	if err := c.positions.Save(c.file, c.move()); err != nil {
		return err
	}
	c.report()
	c.buf.written(c.batch.Blocks)
	records := c.batch.Records
	c.drop()
	if records == 0 {
		return nil
	}
	return c.observe(c.id-1, records)
}

// move moves the positions behind the batch, takes over what other goroutines
// left for them, and returns what differs from what was saved last.
func (c *collector) move() checkpoint.Moved {
	moved := checkpoint.Moved{}
	for _, b := range c.batch.Blocks {
		c.statuses.streams[b.Stream].saved.Shards[b.ShardID] = b.after
		moved[b.Stream] = append(moved[b.Stream], b.ShardID)
	}
	for _, s := range c.statuses.ordered {
		name := s.saved.Name
		moved[name] = append(moved[name], s.run.keepLeft(s.saved.Shards)...)
		pruned := s.run.prune(s.saved.Shards)
		c.statuses.forget(s, pruned)
		moved[name] = append(moved[name], pruned...)
	}
	return moved
}

// drop gives the batch's memory back.
func (c *collector) drop() {
	clear(c.batch.Blocks)
	c.batch = Batch{Blocks: c.batch.Blocks[:0]}
	c.bytes, c.ended = 0, false
}

// report brings the run's progress up to date.
func (c *collector) report() {
	for _, b := range c.batch.Blocks {
		c.countUsers(b)
	}
	c.tell(c.batch.Records, c.batch.Bytes)
}

// tell adds what was written to the run's progress.
func (c *collector) tell(records, bytes int) {
	shards := c.openShards()
	c.told = time.Now()
	c.progress.add(func(p *Progress) {
		p.Records += int64(records)
		p.Bytes += int64(bytes)
		if records > 0 {
			p.Batches++
		}
		p.Shards = shards
	})
}

// observeIdle tells of a run in which nothing has been written for a while.
func (c *collector) observeIdle() error {
	if c.o.Observe == nil || c.batch.Records > 0 || time.Since(c.observed) < c.o.MaxFetchDuration {
		return nil // a batch with records tells of itself
	}
	return c.observe(c.id, 0)
}

func (c *collector) observe(batch int64, records int) error {
	if c.o.Observe == nil {
		return nil
	}
	now := time.Now()
	o := Observation{
		QueryID: c.file.ID, Time: c.now(), BatchID: batch, Records: records,
		Streams: c.statuses.figures(),
	}
	if passed := now.Sub(c.observed).Seconds(); passed > 0 {
		o.Rate = float64(records) / passed
	}
	c.observed = now
	return c.o.Observe(o)
}

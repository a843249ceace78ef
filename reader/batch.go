package reader

import (
	"context"
	"time"

	"kin/internal/checkpoint"
)

// Batch is what a handler gets: blocks in the order they arrived. It is valid until the handler
// returns.
type Batch struct {
	ID      int64 // 0, 1, 2, ... of this run
	Blocks  []*Block
	Records int // encoded records
	Bytes   int // encoded bytes
}

// collector takes blocks from the buffer and makes batches of them. It moves the positions after
// each batch that was written. It runs on one goroutine.
type collector struct {
	*run
	handle    func(*Batch) error
	id        int64 // ID of the next batch
	remaining int64 // records up to the limit; negative without one

	batch Batch
	since time.Time // when the batch's first block was taken
	bytes int64     // memory of the batch
	ended bool      // the batch has the end of a shard

	opened     time.Time // when the streams were opened
	lastRecord time.Time // when the last record was received; equal to opened before the first one

	observed time.Time // when the last observation was made
	reported time.Time // when the progress was last updated

	statuses *shardStatuses
}

// add puts a block into the batch. If it does not fit, add first flushes the batch.
func (c *collector) add(b *Block) error {
	if len(c.batch.Blocks) > 0 && c.bytes+b.size() > c.maxBatch() {
		if err := c.flush(); err != nil {
			return err
		}
	}
	if c.remaining >= 0 && int64(b.Records) >= c.remaining {
		if int64(b.Records) > c.remaining {
			b.cut(int(c.remaining))
		}
		c.remaining = 0
	} else if c.remaining > 0 {
		c.remaining -= int64(b.Records)
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
		c.lastRecord = time.Now()
	}
	c.statuses.update(b, time.Now())
	return nil
}

func (c *collector) maxBatch() int64 { return min(maxBatchBytes, c.o.FetchBufferSize/4) }

// isFull reports whether the batch has to be flushed before it takes another block.
func (c *collector) isFull() bool { return c.bytes >= c.maxBatch() || c.ended }

// flush passes the batch to the handler and then commits the positions.
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
	if err := c.positions.Commit(context.WithoutCancel(c.ctx), c.nextCommit()); err != nil {
		return err
	}
	c.countBatch()
	c.buf.written(c.batch.Blocks)
	records := c.batch.Records
	c.drop()
	if records == 0 {
		return nil
	}
	return c.observe(c.id-1, records)
}

// nextCommit moves the positions in memory past the batch. It adds the new shards that another run
// reads and removes the finished shards that are no longer listed. It returns these changes for
// Positions.Commit, and writes nothing.
func (c *collector) nextCommit() checkpoint.Commit {
	commit := checkpoint.Commit{Batch: c.id - 1, Moves: make([]checkpoint.Move, 0, len(c.batch.Blocks))}
	for _, b := range c.batch.Blocks {
		c.statuses.streams[b.Stream].saved.Shards[b.ShardID] = b.after
		commit.Moves = append(commit.Moves, checkpoint.Move{Stream: b.Stream, Shard: b.ShardID, To: b.after})
	}
	for _, s := range c.statuses.ordered {
		name := s.saved.Name
		for _, id := range s.run.addNotOwned(s.saved.Shards) {
			commit.Moves = append(commit.Moves, checkpoint.Move{Stream: name, Shard: id, To: s.saved.Shards[id]})
		}
		pruned := s.run.prune(s.saved.Shards)
		c.statuses.forget(s, pruned)
		for _, id := range pruned {
			commit.Moves = append(commit.Moves, checkpoint.Move{Stream: name, Shard: id, Forget: true})
		}
	}
	return commit
}

// drop releases the batch's memory.
func (c *collector) drop() {
	clear(c.batch.Blocks)
	c.batch = Batch{Blocks: c.batch.Blocks[:0]}
	c.bytes, c.ended = 0, false
}

// countBatch adds the batch to the run's progress.
func (c *collector) countBatch() {
	for _, b := range c.batch.Blocks {
		c.countUserRecords(b)
	}
	c.addProgress(c.batch.Records, c.batch.Bytes)
}

// addProgress adds written records and bytes to the run's progress.
func (c *collector) addProgress(records, bytes int) {
	shards := c.openShards()
	c.reported = time.Now()
	c.progress.add(func(p *Progress) {
		p.Records += int64(records)
		p.Bytes += int64(bytes)
		if records > 0 {
			p.Batches++
		}
		p.Shards = shards
	})
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

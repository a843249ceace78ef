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

// Handler writes a batch, and returns what to commit: Batch.Commit, with the lengths of the output
// files that it wrote. An error ends the run, and nothing of the batch is committed.
type Handler func(*Batch) (checkpoint.Commit, error)

// HandlerOf returns a Handler that calls write and returns the batch's commit, without outputs.
func HandlerOf(write func(*Batch) error) Handler {
	return func(b *Batch) (checkpoint.Commit, error) {
		if err := write(b); err != nil {
			return checkpoint.Commit{}, err
		}
		return b.Commit(), nil
	}
}

// Commit returns the commit of the batch: its number, and the positions after its blocks. It has no
// outputs, and it saves nothing: the run does that after the handler has returned.
func (b *Batch) Commit() checkpoint.Commit {
	commit := checkpoint.Commit{Batch: b.ID, Moves: make([]checkpoint.Move, 0, len(b.Blocks))}
	for _, block := range b.Blocks {
		commit.Moves = append(commit.Moves, checkpoint.Move{Stream: block.Stream, Shard: block.ShardID, To: block.after})
	}
	return commit
}

// collector takes blocks from the buffer and makes batches of them. It moves the positions after
// each batch that was written. It runs on one goroutine.
type collector struct {
	*run
	handle    Handler
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
	commit, err := c.write()
	if err != nil {
		return err
	}
	commit = c.movePositions(commit)
	if err := c.positions.Commit(context.WithoutCancel(c.ctx), commit); err != nil {
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

// write passes the batch to the handler, and returns the commit. A batch without encoded records is
// not written. Its commit has the number of the last batch that was.
func (c *collector) write() (checkpoint.Commit, error) {
	if c.batch.Records == 0 {
		c.batch.ID = c.id - 1
		return c.batch.Commit(), nil
	}
	c.batch.ID = c.id
	c.id++
	start := time.Now()
	commit, err := c.handle(&c.batch)
	if err == nil {
		c.hints.wrote(time.Since(start), c.buf.full(), c.o.FetchBufferSize)
	}
	return commit, err
}

// movePositions moves the positions in memory as the commit does. It adds to the commit the new shards
// that another run reads, and the removal of finished shards that are no longer listed.
func (c *collector) movePositions(commit checkpoint.Commit) checkpoint.Commit {
	for _, m := range commit.Moves {
		c.statuses.streams[m.Stream].saved.Shards[m.Shard] = m.To
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

package reader

import (
	"sync"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
)

// Block is one response of one shard, encoded. It is valid until the handler
// of its batch returns.
type Block struct {
	Stream  string
	ShardID string
	// Data is the encoded records, one after another.
	Data []byte
	// Records is how many records were encoded.
	Records int

	index  []entry
	after  checkpoint.Shard // where the shard stands once the block is written
	behind *int64           // MillisBehindLatest
	end    bool             // the shard ended with it
	last   bool             // no block of the shard comes after it in this run
	room   int64            // what it holds of the buffer
}

// entry is one source record of a block.
type entry struct {
	end      int // offset in Data behind its encoding
	records  int // how many records of the block were encoded up to and with it
	sequence string
	arrival  time.Time
}

// size is what the block holds in memory.
func (b *Block) size() int64 {
	const sequence = 56 // digits
	return int64(cap(b.Data)) + int64(len(b.index))*(int64(unsafe.Sizeof(entry{}))+sequence)
}

// cut shortens the block to its first n encoded records, between two source
// records. It is not the shard's end any more.
func (b *Block) cut(n int) {
	keep := 0
	for keep < len(b.index) && b.index[keep].records <= n {
		keep++
		if b.index[keep-1].records == n {
			break
		}
	}
	b.index = b.index[:keep]
	b.end = false
	if keep == 0 {
		b.Data, b.Records = b.Data[:0], 0
		return
	}
	last := b.index[keep-1]
	b.Data, b.Records = b.Data[:last.end], last.records
	b.after.Position = checkpoint.AfterSequenceNumber
	b.after.SequenceNumber = last.sequence
	b.after.Timestamp = checkpoint.Time{}
	b.after.ReadThrough = checkpoint.Time{Time: last.arrival}
	b.after.LastArrival = checkpoint.Time{Time: last.arrival}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// release gives the block's memory back.
func (b *Block) release() {
	data := b.Data[:0]
	b.Data = nil
	buffers.Put(&data)
}

// encoder turns responses into blocks. Its lanes bound how many do so at once.
type encoder struct {
	encode func([]byte, Record) ([]byte, error)
	lanes  chan struct{}
}

// block encodes a response. until, when it is not zero, is a bound: the block
// ends before the first record that arrived later, and reached says that there
// was one. before is the shard's position before the response.
func (e *encoder) block(stream, shard string, resp *Response, before checkpoint.Shard, until time.Time) (b *Block, reached bool, err error) {
	e.lanes <- struct{}{}
	defer func() { <-e.lanes }()

	b = &Block{Stream: stream, ShardID: shard, after: before, behind: resp.MillisBehindLatest}
	b.index = make([]entry, 0, len(resp.Records))
	b.Data = (*buffers.Get().(*[]byte))[:0]
	r := Record{Stream: stream, ShardID: shard}
	for _, record := range resp.Records {
		r.SequenceNumber = aws.ToString(record.SequenceNumber)
		r.PartitionKey = aws.ToString(record.PartitionKey)
		r.ApproximateArrivalTimestamp = aws.ToTime(record.ApproximateArrivalTimestamp)
		r.Data = record.Data
		if !until.IsZero() && r.ApproximateArrivalTimestamp.After(until) {
			reached = true
			break
		}
		n := len(b.Data)
		if b.Data, err = e.encode(b.Data, r); err != nil {
			return nil, false, err
		}
		if len(b.Data) > n {
			b.Records++
		}
		b.index = append(b.index, entry{len(b.Data), b.Records, r.SequenceNumber, r.ApproximateArrivalTimestamp})
	}
	b.advance(resp, reached)
	return b, reached, nil
}

// advance sets the position after the block.
func (b *Block) advance(resp *Response, reached bool) {
	if n := len(b.index); n > 0 {
		last := b.index[n-1]
		b.after.Position = checkpoint.AfterSequenceNumber
		b.after.SequenceNumber = last.sequence
		b.after.SubSequenceNumber = nil
		b.after.Timestamp = checkpoint.Time{}
		b.after.LastArrival = checkpoint.Time{Time: last.arrival}
		b.after.ReadThrough = checkpoint.Time{Time: last.arrival}
	}
	if reached {
		return
	}
	if through := resp.readThrough(); !through.IsZero() {
		b.after.ReadThrough = checkpoint.Time{Time: through}
	}
	b.after.Continuation = resp.Continuation
	if !resp.ServerTime.IsZero() {
		b.after.UpdatedAt = checkpoint.Time{Time: resp.ServerTime}
	}
	if resp.End {
		b.end = true
		b.after.Position = checkpoint.ShardEnd
		b.after.Timestamp = checkpoint.Time{}
	}
}

package reader

import (
	"sort"
	"time"
	"unsafe"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Block is one encoded response of one shard, or a part of a response that is large or expands. It
// is valid until the handler of its batch returns.
type Block struct {
	Stream  string
	ShardID string
	// Data is the encoded records, one after another.
	Data []byte
	// Records is how many records were encoded.
	Records int

	index    []entry
	marks    []mark           // its first user records, as many as a limit may need
	dropped  int              // records of aggregates outside of the shard's hash key range, which were dropped
	rekeyed  int              // records of aggregates whose own key is not usable
	after    checkpoint.Shard // the shard's position once the block is written
	floor    time.Time        // after.ReadThrough before the block
	date     time.Time        // as Response.latest
	behind   *int64           // MillisBehindLatest
	more     bool             // the response has another block
	end      bool             // the shard ended with it
	last     bool             // the last block of the shard in this run
	reserved int64            // space that it holds in the buffer
}

// entry is one source record of a block.
type entry struct {
	end      int // offset in Data after its encoding
	records  int // encoded records of the block up to and including it
	dropped  int // records dropped up to and including it
	rekeyed  int
	sequence string
	arrival  time.Time
}

// mark is one encoded user record of an aggregate, where the block can be cut.
type mark struct {
	end                       int // these four are as in entry
	records, dropped, rekeyed int32
	sub                       int32 // the record's sub-sequence number
}

// size is the memory of the block in bytes.
func (b *Block) size() int64 {
	const sequence = 56 // digits
	return int64(cap(b.Data)) + int64(len(b.index))*(int64(unsafe.Sizeof(entry{}))+sequence) +
		int64(cap(b.marks))*int64(unsafe.Sizeof(mark{}))
}

// cut shortens the block to its first n encoded records: between two source records, or inside an
// aggregate. n is at least 1 and at most the encoder's limit. The block no longer ends the shard.
func (b *Block) cut(n int) {
	keep := 1 + sort.Search(len(b.index), func(i int) bool { return b.index[i].records >= n })
	b.index = b.index[:keep]
	last := &b.index[keep-1]
	b.end = false
	b.moveBehind(*last)
	if last.records > n {
		m := b.marks[sort.Search(len(b.marks), func(i int) bool { return int(b.marks[i].records) >= n })]
		last.end, last.records, last.dropped, last.rekeyed = m.end, n, int(m.dropped), int(m.rekeyed)
		b.moveInside(int64(m.sub))
	}
	b.Data, b.Records, b.dropped, b.rekeyed = b.Data[:last.end], last.records, last.dropped, last.rekeyed
}

// moveBehind sets the position after the block to just after a source record.
func (b *Block) moveBehind(last entry) {
	b.after.Kind = record.AfterSequenceNumber
	b.after.SequenceNumber = last.sequence
	b.after.SubSequenceNumber = nil
	b.after.Continuation = "" // it belongs to the end of the response
	b.after.Timestamp = record.Time{}
	b.readThrough(last.arrival)
	b.after.LastArrival = record.Time{Time: last.arrival}
}

// readThrough sets the time up to which every record was read. The time never decreases, and is
// never after the service's time.
func (b *Block) readThrough(t time.Time) {
	if !b.date.IsZero() && t.After(b.date) {
		t = b.date
	}
	if t.Before(b.floor) {
		t = b.floor
	}
	b.after.ReadThrough = record.Time{Time: t}
}

// moveInside sets the position after the block to just after a record of the block's last
// aggregate.
func (b *Block) moveInside(sub int64) {
	b.after.Kind = record.AtSequenceNumber
	b.after.SubSequenceNumber = &sub
}

// note adds a source record to the index, with what was encoded so far.
func (b *Block) note(r record.Record) {
	b.index = append(b.index, entry{len(b.Data), b.Records, b.dropped, b.rekeyed, r.SequenceNumber, r.ApproximateArrivalTimestamp})
}

// advance sets the position after the last block of a response. held means that records after the
// block are held back.
func (b *Block) advance(resp *Response, held bool) {
	if n := len(b.index); n > 0 {
		b.moveBehind(b.index[n-1])
	}
	if held {
		return
	}
	if through := resp.readThrough(); !through.IsZero() {
		b.readThrough(through)
	}
	b.after.Continuation = resp.Continuation
	if resp.End {
		b.end = true
		b.after.Kind = record.ShardEnd
		b.after.Timestamp = record.Time{}
		b.after.SubSequenceNumber = nil // the position is no longer inside an aggregate
	}
}

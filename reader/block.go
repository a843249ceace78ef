package reader

import (
	"sort"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kpl"
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

	index   []entry
	marks   []mark           // of its first user records, as far as a limit may reach
	leftOut int              // records of aggregates that belong to another shard
	after   checkpoint.Shard // where the shard stands once the block is written
	behind  *int64           // MillisBehindLatest
	end     bool             // the shard ended with it
	last    bool             // no block of the shard comes after it in this run
	room    int64            // what it holds of the buffer
}

// entry is one source record of a block.
type entry struct {
	end      int // offset in Data behind its encoding
	records  int // how many records of the block were encoded up to and with it
	leftOut  int // and how many left out
	sequence string
	arrival  time.Time
}

// mark is one encoded user record of an aggregate, for a cut inside of it.
type mark struct {
	end              int // these three as entry has them
	records, leftOut int32
	sub              int32 // its sub-sequence number
}

// size is what the block holds in memory.
func (b *Block) size() int64 {
	const sequence = 56 // digits
	return int64(cap(b.Data)) + int64(len(b.index))*(int64(unsafe.Sizeof(entry{}))+sequence) +
		int64(cap(b.marks))*int64(unsafe.Sizeof(mark{}))
}

// cut shortens the block to its first n encoded records, of more: between two
// source records, or inside an aggregate. n is at least 1 and at most the
// encoder's limit. The block is not the shard's end any more.
func (b *Block) cut(n int) {
	keep := 1 + sort.Search(len(b.index), func(i int) bool { return b.index[i].records >= n })
	b.index = b.index[:keep]
	last := &b.index[keep-1]
	b.end = false
	b.stand(*last)
	if last.records > n {
		m := b.marks[sort.Search(len(b.marks), func(i int) bool { return int(b.marks[i].records) >= n })]
		last.end, last.records, last.leftOut = m.end, n, int(m.leftOut)
		sub := int64(m.sub)
		b.after.Position = checkpoint.AtSequenceNumber
		b.after.SubSequenceNumber = &sub
	}
	b.Data, b.Records, b.leftOut = b.Data[:last.end], last.records, last.leftOut
}

// stand sets the position after the block behind a source record.
func (b *Block) stand(last entry) {
	b.after.Position = checkpoint.AfterSequenceNumber
	b.after.SequenceNumber = last.sequence
	b.after.SubSequenceNumber = nil
	b.after.Continuation = "" // of another place
	b.after.Timestamp = checkpoint.Time{}
	b.after.ReadThrough = checkpoint.Time{Time: last.arrival}
	b.after.LastArrival = checkpoint.Time{Time: last.arrival}
}

// lineOverhead is about what a record's encoding adds to its key and payload.
const lineOverhead = 256

// encodedSize is about how many bytes the encoding of records takes.
func encodedSize(records []types.Record) int {
	size := 0
	for _, r := range records {
		size += len(r.Data) + len(aws.ToString(r.PartitionKey)) + lineOverhead
	}
	return size
}

// encoder turns responses into blocks. Its lanes bound how many do so at once.
type encoder struct {
	encode func([]byte, Record) ([]byte, error)
	whole  bool  // aggregates are not expanded
	limit  int64 // as Options has it: user records up to it are marked
	lanes  chan struct{}
}

// block encodes a response. until, when it is not zero, is a bound: the block
// ends before the first record that arrived later, and reached says that there
// was one. before is the shard's position before the response, maybe inside an
// aggregate. The error is errUndecided when the filter cannot be applied.
func (e *encoder) block(stream, shard string, resp *Response, before checkpoint.Shard, until time.Time, f hashFilter) (b *Block, reached bool, err error) {
	e.lanes <- struct{}{}
	defer func() { <-e.lanes }()

	b = &Block{Stream: stream, ShardID: shard, after: before, behind: resp.MillisBehindLatest}
	b.index = make([]entry, 0, len(resp.Records))
	b.Data = make([]byte, 0, encodedSize(resp.Records))
	r := Record{Stream: stream, ShardID: shard}
	var users []kpl.Record
	for _, record := range resp.Records {
		r.SequenceNumber = aws.ToString(record.SequenceNumber)
		r.PartitionKey = aws.ToString(record.PartitionKey)
		r.ApproximateArrivalTimestamp = aws.ToTime(record.ApproximateArrivalTimestamp)
		r.Data = record.Data
		if !until.IsZero() && r.ApproximateArrivalTimestamp.After(until) {
			reached = true
			break
		}
		isAggregate := false
		if !e.whole {
			users, isAggregate = kpl.Split(users[:0], r.Data)
		}
		if isAggregate {
			err = e.expand(b, r, users, written(before, r.SequenceNumber), f)
		} else {
			err = e.append(b, r)
		}
		if err != nil {
			return nil, false, err
		}
		b.index = append(b.index, entry{len(b.Data), b.Records, b.leftOut, r.SequenceNumber, r.ApproximateArrivalTimestamp})
	}
	b.advance(resp, reached)
	return b, reached, nil
}

// append encodes one record.
func (e *encoder) append(b *Block, r Record) error {
	n := len(b.Data)
	data, err := e.encode(b.Data, r)
	if err != nil {
		return err
	}
	if b.Data = data; len(data) == n {
		return nil
	}
	b.Records++
	if r.Aggregated && int64(b.Records) <= e.limit {
		b.marks = append(b.marks, mark{len(data), int32(b.Records), int32(b.leftOut), int32(r.SubSequenceNumber)})
	}
	return nil
}

// advance sets the position after the block.
func (b *Block) advance(resp *Response, reached bool) {
	if n := len(b.index); n > 0 {
		b.stand(b.index[n-1])
	}
	if !resp.ServerTime.IsZero() {
		b.after.UpdatedAt = checkpoint.Time{Time: resp.ServerTime}
	}
	if reached {
		return
	}
	if through := resp.readThrough(); !through.IsZero() {
		b.after.ReadThrough = checkpoint.Time{Time: through}
	}
	b.after.Continuation = resp.Continuation
	if resp.End {
		b.end = true
		b.after.Position = checkpoint.ShardEnd
		b.after.Timestamp = checkpoint.Time{}
	}
}

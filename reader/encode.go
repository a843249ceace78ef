package reader

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kpl"
	"kin/internal/record"
)

// slicer encodes one response of a shard, block by block: one block for most responses, several for
// one that is large or expands. A block may end inside an aggregate. Its methods are for one
// goroutine.
type slicer struct {
	e             *encoder
	stream, shard string
	resp          *Response
	// before is the shard's position before the response, maybe inside an aggregate. at is the
	// position after the last block.
	before, at checkpoint.Shard
	filter     hashFilter
	// undivided is called for an aggregate that is not expanded. badKey is called for a record
	// whose keys are not usable.
	undivided func(r record.Record, records int)
	badKey    func(r record.Record)

	next      int  // index of the record that is not finished
	inside    bool // that record is an aggregate, and cursor is in it
	aggregate kpl.Aggregated
	cursor    kpl.Cursor
	pending   bool // cursor is at a record that is not encoded yet
	handled   int  // records of the aggregate in this block

	unfinished *Block // the block to continue after the filter was decided

	// held means that the shard has records beyond the bound which are not printed. The position
	// then stays before them, whatever the response says.
	held bool
}

// wants is how much space the next block may need: the rest of the response, or the limit of a
// block.
func (s *slicer) wants() int {
	left := s.resp.Records[s.next:]
	if s.inside || !s.e.whole && slices.ContainsFunc(left, func(r types.Record) bool { return kpl.HasMagic(r.Data) }) {
		return s.e.maxBlock
	}
	return min(s.e.maxBlock, encodedSizes(left))
}

// slice encodes the next block. Its more is false if it is the last one of the response. The error
// is errUndecided if the filter cannot be applied yet: decide it before the next call.
func (s *slicer) slice(ctx context.Context) (*Block, error) {
	if err := s.e.acquire(ctx); err != nil {
		return nil, err
	}
	defer s.e.release()

	b := s.unfinished
	if b == nil {
		left := s.resp.Records[s.next:]
		b = &Block{Stream: s.stream, ShardID: s.shard, after: s.at, floor: s.at.ReadThrough.Time, date: s.resp.latest, behind: s.resp.MillisBehindLatest}
		b.index = make([]entry, 0, min(len(left), s.e.maxBlock/lineOverhead+1))
		b.Data = make([]byte, 0, min(s.e.maxBlock, encodedSizes(left)))
		if s.handled = 0; s.inside {
			s.grow(b)
		}
	}
	full, err := s.encode(b)
	s.unfinished = nil
	if errors.Is(err, errUndecided) {
		s.unfinished = b
	}
	if err != nil {
		return nil, err
	}
	if !s.resp.ServerTime.IsZero() {
		b.after.UpdatedAt = record.Time{Time: s.resp.ServerTime}
	}
	if b.more = full; full {
		b.moveBehind(b.index[len(b.index)-1])
		if s.handled > 0 {
			b.moveInside(int64(s.cursor.Index - 1)) // the cursor is at the next record
		}
	} else {
		b.advance(s.resp, s.held)
	}
	s.at = b.after
	return b, nil
}

// encode encodes records into a block until it is full, or the response is done.
func (s *slicer) encode(b *Block) (full bool, err error) {
	r := record.Record{Stream: s.stream, ShardID: s.shard}
	for ; s.next < len(s.resp.Records); s.next++ {
		record := &s.resp.Records[s.next]
		r.SequenceNumber = aws.ToString(record.SequenceNumber)
		r.PartitionKey = aws.ToString(record.PartitionKey)
		r.ApproximateArrivalTimestamp = aws.ToTime(record.ApproximateArrivalTimestamp)
		r.Data = record.Data
		if s.inside || s.begin(b, r) {
			full, err = s.expand(b, r)
			if err != nil {
				return false, err
			}
			if s.handled > 0 || !full {
				b.note(r)
			}
			if full {
				return true, nil
			}
			s.inside, s.handled = false, 0
			continue
		}
		if b.isFull(s.e.maxBlock, encodedSize(r.PartitionKey, r.Data)) {
			return true, nil
		}
		if err := s.e.append(b, r); err != nil {
			return false, err
		}
		b.note(r)
	}
	return false, nil
}

// isFull reports whether a block has no space for an encoding of about size bytes. The first one
// always fits.
func (b *Block) isFull(limit, size int) bool { return len(b.Data) > 0 && len(b.Data)+size > limit }

// begin opens a record if it is an aggregate to expand.
func (s *slicer) begin(b *Block, r record.Record) bool {
	if s.e.whole || !s.aggregate.Parse(r.Data) {
		return false
	}
	if expandsTooFar(s.e.lines(), &s.aggregate, r) {
		s.undivided(r, s.aggregate.Records())
		return false
	}
	s.inside, s.pending, s.handled = true, false, 0
	s.cursor = s.aggregate.Cursor()
	for after := written(s.before, r.SequenceNumber); int64(s.cursor.Index) < after && s.cursor.Next(); {
	}
	s.grow(b)
	return true
}

// grow makes space in a block for the rest of the aggregate, up to the block's limit, so that
// appending does not copy it.
func (s *slicer) grow(b *Block) {
	left := s.aggregate.Records() - s.cursor.Index
	size := s.aggregate.PayloadBytes()*left/max(1, s.aggregate.Records()) + left*(s.aggregate.LongestKey()+lineOverhead)
	if size = min(s.e.maxBlock, len(b.Data)+size); size > cap(b.Data) {
		data := make([]byte, len(b.Data), min(s.e.maxBlock, max(size, 2*cap(b.Data))))
		copy(data, b.Data)
		b.Data = data
	}
}

// expand encodes the remaining user records of the aggregate r, until the block is full.
//
// A record whose own partition key is not usable gets the aggregate's, which the service accepted.
// An explicit hash key that is not usable is dropped. If the hash key is not known, the record
// belongs to every shard.
func (s *slicer) expand(b *Block, r record.Record) (full bool, err error) {
	own := r.PartitionKey
	r.Aggregated = true
	var key, hashKey string // of the previous record
	belongs, known := true, false
	for s.pending || s.cursor.Next() {
		s.pending = true
		c, u := &s.cursor, s.cursor.Record
		if !known || u.PartitionKey != key || u.ExplicitHashKey != hashKey || c.BadKey || c.BadHashKey {
			hasHashKey := !c.BadHashKey && (!c.BadKey || u.ExplicitHashKey != "")
			belongs = !hasHashKey || s.filter.contains(u)
			key, hashKey, known = u.PartitionKey, u.ExplicitHashKey, hasHashKey // the keys of an aggregate are often the same
		}
		if c.BadKey {
			u.PartitionKey = own
		}
		switch {
		case !belongs && !s.filter.decided:
			return false, errUndecided
		case !belongs:
			b.dropped++
		case b.isFull(s.e.maxBlock, encodedSize(u.PartitionKey, u.Data)):
			return true, nil
		default:
			r.SubSequenceNumber = int64(c.Index)
			if c.BadKey || c.BadHashKey {
				b.rekeyed++
				s.badKey(r)
			}
			r.PartitionKey, r.ExplicitHashKey, r.Data = u.PartitionKey, u.ExplicitHashKey, u.Data
			if err := s.e.append(b, r); err != nil {
				return false, err
			}
		}
		s.pending = false
		s.handled++
	}
	return false, nil
}

// written is the index of the last record of an aggregate that was already written, if a position
// is inside it; else -1.
func written(at checkpoint.Shard, sequence string) int64 {
	if at.SubSequenceNumber == nil || at.SequenceNumber != sequence {
		return -1
	}
	return *at.SubSequenceNumber
}

// encoder turns responses into blocks. Its slots limit how many do so at once.
type encoder struct {
	encode   func([]byte, record.Record) ([]byte, error)
	line     func([]byte, record.Record) ([]byte, error) // as Options.Line
	whole    bool                                        // aggregates are not expanded
	limit    int64                                       // Options.Limit: user records up to it are marked
	maxBlock int                                         // limit of a block in bytes; one larger record still fits
	large    int                                         // bytes of a payload whose line may take half of the buffer
	slots    chan struct{}
}

// acquire waits for a slot; release frees it.
func (e *encoder) acquire(ctx context.Context) error {
	select {
	case e.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (e *encoder) release() { <-e.slots }

// append encodes one record.
func (e *encoder) append(b *Block, r record.Record) error {
	if e.large > 0 && len(r.Data) > e.large {
		// The garbage of decoding the response is as large as the payload. On a busy machine it
		// would still be in memory when the line has grown.
		debug.FreeOSMemory()
	}
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
		b.marks = append(b.marks, mark{len(data), int32(b.Records), int32(b.dropped), int32(b.rekeyed), int32(r.SubSequenceNumber)})
	}
	return nil
}

const (
	// lineOverhead is about what an encoding adds to a record's key and payload.
	lineOverhead = 256
	// recordOverhead is about what a record of a response holds besides them.
	recordOverhead = 256
)

// encodedSize estimates the bytes of a record's encoding.
func encodedSize(key string, data []byte) int { return len(data) + len(key) + lineOverhead }

// encodedSizes estimates the bytes of the encodings of records, if none is an aggregate.
func encodedSizes(records []types.Record) int {
	size := 0
	for _, r := range records {
		size += encodedSize(aws.ToString(r.PartitionKey), r.Data)
	}
	return size
}

// lines returns the function that encodes a record as a JSON line.
func (e *encoder) lines() lineFunc {
	if e.line == nil {
		return e.encode
	}
	return e.line
}

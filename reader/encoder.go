package reader

import (
	"context"
	"runtime/debug"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
)

// encoder turns responses into blocks. Its slots bound how many do so at once.
type encoder struct {
	encode func([]byte, record.Record) ([]byte, error)
	line   func([]byte, record.Record) ([]byte, error) // as Options has it
	whole  bool                                        // aggregates are not expanded
	limit  int64                                       // as Options has it: user records up to it are marked
	most   int                                         // bytes of a block, unless one record has more
	large  int                                         // bytes of a payload whose line may take half of the buffer
	slots  chan struct{}
}

// enter waits until the caller may encode; leave lets the next one.
func (e *encoder) enter(ctx context.Context) error {
	select {
	case e.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (e *encoder) leave() { <-e.slots }

// append encodes one record.
func (e *encoder) append(b *Block, r record.Record) error {
	if e.large > 0 && len(r.Data) > e.large {
		// What the decoding of the response left is as large as the payload, and
		// on a busy machine it is still there when the line has grown.
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
		b.marks = append(b.marks, mark{len(data), int32(b.Records), int32(b.leftOut), int32(b.rekeyed), int32(r.SubSequenceNumber)})
	}
	return nil
}

const (
	// lineOverhead is about what a record's encoding adds to its key and payload.
	lineOverhead = 256
	// recordOverhead is about what a record of a response holds beside them.
	recordOverhead = 256
)

// encodedSize is about how many bytes a record's encoding takes.
func encodedSize(key string, data []byte) int { return len(data) + len(key) + lineOverhead }

// encodedSizes is about how many bytes the encoding of records takes, when none
// is an aggregate.
func encodedSizes(records []types.Record) int {
	size := 0
	for _, r := range records {
		size += encodedSize(aws.ToString(r.PartitionKey), r.Data)
	}
	return size
}

// mostEscape is how many bytes one byte of a payload takes at most: \u0001.
const mostEscape = 6

// largePayload is how many bytes a payload may have whose line cannot take half of
// a buffer of a size.
func largePayload(buffer int64) int { return int(buffer / 2 / mostEscape) }

// leastSlice is the least that a block of a response is cut to.
const leastSlice = 64 << 10

// mostSlice is how many bytes a block may have in a run with a buffer of a size,
// unless one record has more.
func mostSlice(buffer int64) int { return int(max(leastSlice, min(mostBatch, buffer/8))) }

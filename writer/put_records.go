package writer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/service"
	"kin/writer/queue"
)

// caller makes the calls of PutRecords. It may be used by several goroutines.
type caller struct {
	client  Client
	stream  string        // as in Options
	named   record.Stream // the same, for requests
	log     *slog.Logger
	scratch *sync.Pool // of *[]types.PutRecordsRequestEntry
}

func newCaller(client Client, o Options) caller {
	return caller{
		client: client, stream: o.Stream, named: record.ParseStream(o.Stream), log: o.Log,
		scratch: new(sync.Pool),
	}
}

// putRecords makes one attempt. It ends with writing, or after service.CallTimeout.
func (c *caller) putRecords(writing context.Context, r *queue.Request) answer {
	scratch, ok := c.scratch.Get().(*[]types.PutRecordsRequestEntry)
	if !ok {
		scratch = new([]types.PutRecordsRequestEntry)
	}
	*scratch = appendEntries((*scratch)[:0], r)
	in := &service.PutRecordsInput{StreamName: c.named.ByName(), StreamARN: c.named.ARN, Records: *scratch}
	out, err := service.Attempt(writing, func(ctx context.Context) (*service.PutRecordsOutput, error) { return c.client.PutRecords(ctx, in) })
	clear(*scratch) // it refers to the records
	c.scratch.Put(scratch)
	c.log.DebugContext(writing, "request", "call", "PutRecords", "stream", c.stream, "records", len(r.Parcels), "error", err)
	switch {
	case err != nil:
		return answer{err: err}
	case out == nil:
		return answer{err: &countError{want: len(r.Parcels)}}
	case len(out.Records) != len(r.Parcels):
		return answer{err: &countError{len(r.Parcels), len(out.Records)}}
	}
	return answer{results: out.Records}
}

// appendEntries appends the entries of a request. They refer to the records.
func appendEntries(to []types.PutRecordsRequestEntry, r *queue.Request) []types.PutRecordsRequestEntry {
	for i := range r.Parcels {
		p := &r.Parcels[i]
		first := r.Records(p)[0]
		e := types.PutRecordsRequestEntry{Data: r.Data(p), PartitionKey: &first.PartitionKey}
		if e.Data == nil {
			e.Data = []byte{} // the SDK takes nil for a member that was forgotten
		}
		if first.ExplicitHashKey != "" {
			e.ExplicitHashKey = &first.ExplicitHashKey
		}
		to = append(to, e)
	}
	return to
}

// countError is an answer that does not match its request. What became of the
// records is not known.
type countError struct{ want, got int }

func (e *countError) Error() string {
	return fmt.Sprintf("the answer to %s is about %d", records(int64(e.want)), e.got)
}

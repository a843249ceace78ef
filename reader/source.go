package reader

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
)

// Source delivers one shard's responses in order. Nothing after it knows
// whether they were polled or pushed.
type Source interface {
	// Next returns the next response. It retries what can be retried, paces
	// itself, and takes room in the buffer before it asks for records. Its
	// error ends the run.
	Next(ctx context.Context, room Room) (*Response, error)
	// Rewind makes the next response the one behind a position which Next has gone
	// beyond.
	Rewind(at checkpoint.Shard)
	// Close gives up what the source holds open. It is called once, and Next is
	// not called after it.
	Close()
}

// Room is a source's share of the buffer.
type Room interface {
	// Take waits until size bytes fit, or the buffer is empty.
	Take(ctx context.Context, size int64) error
	// Return gives back what was taken for a response that did not come.
	Return(size int64)
}

// Response is what the service said of a shard once.
type Response struct {
	Records []types.Record
	// Taken is what the source took from the buffer for this response.
	Taken int64
	// ServerTime is the service's clock when it answered; zero when it did not
	// say. Its precision is that of an HTTP Date: whole seconds, rounded down.
	ServerTime time.Time
	// Asked is when the source made the call that led to the response, by this
	// machine's clock. For a pushed event that is the subscription.
	Asked time.Time
	// latest is the latest time that the service's clock can have shown: the
	// ServerTime or, without one, what its answers before lead to; zero when it
	// never said.
	latest time.Time
	// MillisBehindLatest is how far the response is from the shard's tip; nil
	// when the service did not say.
	MillisBehindLatest *int64
	// End is set when the shard is closed and this response is its last.
	End      bool
	Children []types.ChildShard // of a shard that ended; may be missing
	// Continuation is enhanced fan-out's position after the response.
	Continuation string
}

func (r *Response) isEmpty() bool { return len(r.Records) == 0 && !r.End }

// atTip says whether nothing was left to read when the service answered. A
// page with records does not count: some endpoints say 0 while more is unread.
func (r *Response) atTip() bool {
	return len(r.Records) == 0 && (r.MillisBehindLatest == nil || *r.MillisBehindLatest == 0)
}

// readThrough is the server's time up to which everything has been read; zero
// when the service did not say.
func (r *Response) readThrough() time.Time {
	if r.ServerTime.IsZero() || r.MillisBehindLatest == nil {
		return time.Time{}
	}
	return r.ServerTime.Add(-time.Duration(*r.MillisBehindLatest) * time.Millisecond)
}

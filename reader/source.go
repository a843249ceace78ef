package reader

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
)

// Source delivers one shard's responses in order. The code after it does not know whether they were
// polled or pushed.
type Source interface {
	// Next returns the next response. It retries, paces itself, and reserves space in the buffer
	// before it fetches records. An error ends the run.
	Next(ctx context.Context, budget Budget) (*Response, error)
	// Rewind moves a position back: the next response begins after at.
	Rewind(at checkpoint.Shard)
	// Close releases what the source holds open. It is called once, and Next is not called after
	// it.
	Close()
}

// Budget is a source's share of the buffer.
type Budget interface {
	// Reserve waits until size bytes fit, or until the buffer is empty, and reserves them.
	Reserve(ctx context.Context, size int64) error
	// Release releases size bytes that were reserved and not used.
	Release(size int64)
}

// Response is one answer of the service about a shard.
type Response struct {
	Records []types.Record
	// Reserved is how many bytes of the buffer the source reserved for this response.
	Reserved int64
	// ServerTime is the service's clock when it answered; zero if the answer had no usable Date.
	// Its precision is that of an HTTP Date: whole seconds, rounded down.
	ServerTime time.Time
	// RequestedAt is when the source made the call, by this machine's clock. For a pushed event
	// that is the time of the subscription.
	RequestedAt time.Time
	// latest is the latest time that the service's clock can have shown. It is the ServerTime or,
	// without one, an estimate from earlier answers. Zero if no answer had a usable Date.
	latest time.Time
	// MillisBehindLatest is how far the response is from the shard's tip; nil if the answer does
	// not have it.
	MillisBehindLatest *int64
	// End means that the shard is closed and this response is its last.
	End      bool
	Children []types.ChildShard // of a shard that ended; may be empty
	// Continuation is the enhanced fan-out position after the response.
	Continuation string
}

func (r *Response) isEmpty() bool { return len(r.Records) == 0 && !r.End }

// atTip reports whether the shard had no more records when the service answered. A response with
// records never counts: some endpoints send MillisBehindLatest 0 although more records follow.
func (r *Response) atTip() bool {
	return len(r.Records) == 0 && (r.MillisBehindLatest == nil || *r.MillisBehindLatest == 0)
}

// readThrough is the server's time up to which every record was read; zero if it is not known.
func (r *Response) readThrough() time.Time {
	if r.ServerTime.IsZero() || r.MillisBehindLatest == nil {
		return time.Time{}
	}
	return r.ServerTime.Add(-time.Duration(*r.MillisBehindLatest) * time.Millisecond)
}

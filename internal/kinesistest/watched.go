package kinesistest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/service"
)

// Watched is a client with a look at each call before it is made. An error is
// the answer; after may change it.
type Watched struct {
	service.StreamAPI
	Before func(call string) error
	After  func(out any)
}

func watch[I, O any](ctx context.Context, w *Watched, call string, in I, do func(context.Context, I, ...func(*kinesis.Options)) (O, error)) (O, error) {
	if w.Before != nil {
		if err := w.Before(call); err != nil {
			var none O
			return none, err
		}
	}
	out, err := do(ctx, in)
	if err == nil && w.After != nil {
		w.After(out)
	}
	return out, err
}

// ListShards is service.StreamAPI's.
func (w *Watched) ListShards(ctx context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	return watch(ctx, w, "ListShards", in, w.StreamAPI.ListShards)
}

// GetShardIterator is service.StreamAPI's.
func (w *Watched) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	return watch(ctx, w, "GetShardIterator "+*in.ShardId, in, w.StreamAPI.GetShardIterator)
}

// GetRecords is service.StreamAPI's.
func (w *Watched) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	return watch(ctx, w, "GetRecords", in, w.StreamAPI.GetRecords)
}

// DescribeStreamSummary is service.StreamAPI's.
func (w *Watched) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	return watch(ctx, w, "DescribeStreamSummary", in, w.StreamAPI.DescribeStreamSummary)
}

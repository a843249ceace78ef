package kinesistest

import (
	"context"

	"kin/internal/service"
)

// Watched is a client with a look at each call before it is made. An error is
// the answer; after may change it.
type Watched struct {
	service.StreamAPI
	Before func(call string) error
	After  func(out any)
}

func watch[I, O any](ctx context.Context, w *Watched, call string, in I, do func(context.Context, I) (O, error)) (O, error) {
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
func (w *Watched) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	return watch(ctx, w, "ListShards", in, w.StreamAPI.ListShards)
}

// GetShardIterator is service.StreamAPI's.
func (w *Watched) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return watch(ctx, w, "GetShardIterator "+in.ShardID, in, w.StreamAPI.GetShardIterator)
}

// GetRecords is service.StreamAPI's.
func (w *Watched) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	return watch(ctx, w, "GetRecords", in, w.StreamAPI.GetRecords)
}

// DescribeStreamSummary is service.StreamAPI's.
func (w *Watched) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	return watch(ctx, w, "DescribeStreamSummary", in, w.StreamAPI.DescribeStreamSummary)
}

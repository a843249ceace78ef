package writer

import (
	"context"
	"errors"
	"io"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// everySecond returns an input of n records, one per second.
func everySecond(n int) func(context.Context) (Record, error) {
	i := 0
	return func(ctx context.Context) (Record, error) {
		if i++; i > n {
			return Record{}, io.EOF
		}
		return Record{PartitionKey: strconv.Itoa(i)}, service.Sleep(ctx, time.Second)
	}
}

// hangingList is a service whose ListShards works once. Later calls hang.
type hangingList struct {
	*memoryStream
	ended error // why the first of the later calls ended
}

func (h *hangingList) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	if h.lists == 0 {
		return h.memoryStream.ListShards(ctx, in)
	}
	<-ctx.Done()
	if h.ended == nil {
		h.ended = ctx.Err()
	}
	return nil, ctx.Err()
}

// A list of shards that hangs ends with the run.
func TestFault14HangingShardListDoesNotDelayTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hangingList{memoryStream: &memoryStream{shards: []string{"shardId-000000000003"}}}
		h.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			out := h.store(in, nil)
			for i := range out.Records {
				out.Records[i].ShardId = aws.String("shardId-000000000009")
			}
			return out, nil
		}
		got, err := newWriter(t, h, options()).Run(t.Context(), everySecond(3))
		if err != nil || got.Written != 3 {
			t.Fatalf("got %+v, %v", got, err)
		}
		if !errors.Is(h.ended, context.Canceled) {
			t.Errorf("the refresh ended with %v, want the end of the run", h.ended)
		}
	})
}

// After one ResourceInUseException the stream is described until its state is clear, at
// growing intervals. The shards stay known meanwhile.
func TestFault13RecheckKeepsTheKnownShards(t *testing.T) {
	const seconds = 200
	for name, tt := range map[string]struct {
		later           func() error // error of the descriptions after the start
		auto            bool
		maxDescriptions int // maximum number of descriptions
	}{
		"throttled":           {throttled, false, 12},
		"no answer":           {func() error { return context.DeadlineExceeded }, false, 12},
		"AUTO, throttled":     {throttled, true, 12},
		"denied":              {func() error { return answered(400, &types.AccessDeniedException{}) }, false, 3},
		"AUTO, denied":        {func() error { return answered(400, &types.AccessDeniedException{}) }, true, 3},
		"described":           {func() error { return nil }, false, 3},
		"AUTO, and described": {func() error { return nil }, true, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: fourShards()}
				descriptions := 0
				s.describe = func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
					if descriptions++; descriptions > 1 {
						if err := tt.later(); err != nil {
							return nil, err
						}
					}
					about := types.StreamDescriptionSummary{StreamCreationTimestamp: aws.Time(time.Unix(1_000_000, 0)), StreamStatus: types.StreamStatusActive}
					if tt.auto {
						about.RecordDistributionStrategy = types.RecordDistributionStrategyAuto
					}
					return described(about)(ctx)
				}
				s.put = func(_ context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if n == 1 {
						return nil, answered(400, &types.ResourceInUseException{})
					}
					return nil, nil
				}
				w := newWriter(t, s, options())
				next, unknown := everySecond(seconds), 0
				got, err := w.Run(t.Context(), func(ctx context.Context) (Record, error) {
					w.running.mu.Lock()
					if len(w.running.queue.Shards()) == 0 {
						unknown++
					}
					w.running.mu.Unlock()
					return next(ctx)
				})
				if err != nil || got.Written != seconds {
					t.Fatalf("got %+v, %v", got, err)
				}
				if !tt.auto && unknown > 0 {
					t.Errorf("the shards were not known for %d records of %d", unknown, seconds)
				}
				if descriptions > tt.maxDescriptions || descriptions < 3 {
					t.Errorf("the stream was described %d times, want 3 to %d", descriptions, tt.maxDescriptions)
				}
			})
		})
	}
}

package writer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// A stream that one request does not find is only said to be deleted when a
// description of it agrees, or is denied.
func TestFault13AStreamIsDeletedOnlyWhereItsDescriptionAgrees(t *testing.T) {
	created := aws.Time(time.Unix(1_000_000, 0))
	active := described(types.StreamDescriptionSummary{StreamCreationTimestamp: created, StreamStatus: types.StreamStatusActive})
	dateless := described(types.StreamDescriptionSummary{StreamStatus: types.StreamStatusActive})
	fails := func(err error) func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return func(context.Context) (*service.DescribeStreamSummaryOutput, error) { return nil, err }
	}
	empty := func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return &service.DescribeStreamSummaryOutput{}, nil
	}
	for name, tt := range map[string]struct {
		first, last func(context.Context) (*service.DescribeStreamSummaryOutput, error)
		deleted     bool
	}{
		"it is there":                              {active, active, false},
		"without a creation time":                  {dateless, dateless, false},
		"without a creation time at the start":     {dateless, active, false},
		"without a creation time at the end":       {active, dateless, false},
		"the answer is empty":                      {active, empty, false},
		"the description is throttled":             {active, fails(throttled()), false},
		"the description is not answered":          {active, fails(context.DeadlineExceeded), false},
		"the description fails":                    {active, fails(answered(500, &types.InternalFailureException{})), false},
		"it is being deleted":                      {active, described(types.StreamDescriptionSummary{StreamCreationTimestamp: created, StreamStatus: types.StreamStatusDeleting}), true},
		"it is being deleted, no creation time":    {dateless, described(types.StreamDescriptionSummary{StreamStatus: types.StreamStatusDeleting}), true},
		"it is not there":                          {active, fails(answered(400, &types.ResourceNotFoundException{})), true},
		"it may not be described":                  {active, fails(answered(400, &types.AccessDeniedException{})), true},
		"it is not there, and was never described": {fails(answered(400, &types.AccessDeniedException{})), fails(answered(400, &types.AccessDeniedException{})), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: fourShards()}
				described := 0
				s.describe = func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
					if described++; described == 1 {
						return tt.first(ctx)
					}
					return tt.last(ctx)
				}
				s.put = func(_ context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if n == 3 {
						return nil, answered(400, &types.ResourceNotFoundException{})
					}
					return nil, nil
				}
				_, err := newWriter(t, s, options()).Run(t.Context(), everySecond(9))
				if classify(err) != notFound || errors.As(err, new(*DeletedError)) != tt.deleted || described != 2 {
					t.Errorf("got %v after %d descriptions, deleted: %t wanted", err, described, tt.deleted)
				}
			})
		})
	}
}

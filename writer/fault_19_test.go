package writer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// TestFault19AThrottledStartIsNamed has a start whose time is used up by a throttled
// call: no time is left for the next one.
func TestFault19AThrottledStartIsNamed(t *testing.T) {
	for code, refusal := range map[string]error{
		"LimitExceededException":                 answered(400, &types.LimitExceededException{}),
		"ProvisionedThroughputExceededException": answered(400, api("ProvisionedThroughputExceededException")),
	} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &throttledService{memoryStream: memoryStream{
					describe: func(context.Context) (*service.DescribeStreamSummaryOutput, error) { return nil, refusal },
				}, refusal: refusal}
				o := options()
				o.RetryFor = 4 * time.Second
				_, err := newWriter(t, s, o).Run(t.Context(), numbered(1))
				var exhausted *GaveUpError
				var call *CallError
				if !errors.As(err, &exhausted) || !errors.As(err, &call) || call.Call != "DescribeStreamSummary" || !errors.Is(err, refusal) {
					t.Errorf("the error is %v", err)
				}
			})
		})
	}
}

// throttledService answers no ListShards either; like a client, it makes no call
// whose time is over.
type throttledService struct {
	memoryStream
	refusal error
}

func (s *throttledService) ListShards(ctx context.Context, _ *service.ListShardsInput) (*service.ListShardsOutput, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, s.refusal
}

package writer

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

func TestTheRecordLimitIsTheStreams(t *testing.T) {
	limited := func(kib *int32) func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return described(types.StreamDescriptionSummary{MaxRecordSizeInKiB: kib})
	}
	failing := func(err error) func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return func(context.Context) (*service.DescribeStreamSummaryOutput, error) { return nil, err }
	}
	calls := 0
	for _, tt := range []struct {
		name     string
		describe func(context.Context) (*service.DescribeStreamSummaryOutput, error)
		limit    int
	}{
		{"told", limited(aws.Int32(10240)), 10 << 20},
		{"not told", limited(nil), 1 << 20},
		{"denied", failing(answered(400, &types.AccessDeniedException{})), 1 << 20},
		{"unknown call", failing(answered(400, api("UnknownOperationException"))), 1 << 20},
		{"not for this endpoint", failing(answered(400, &types.ValidationException{})), 1 << 20},
		{"throttled throughout", failing(answered(400, &types.LimitExceededException{})), 1 << 20},
		{"told at last", func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
			switch calls++; calls {
			case 1:
				return nil, answered(500, api("InternalFailure"))
			case 2:
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return limited(aws.Int32(2048))(ctx)
		}, 2 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, size := range []int{tt.limit, tt.limit + 1} {
					calls = 0
					s := &memoryStream{describe: tt.describe}
					got, _ := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
						if i > 1 {
							return Record{}, io.EOF
						}
						return Record{PartitionKey: "k", Data: make([]byte, size-1)}, nil
					}))
					if accepted := got.Written == 1; accepted != (size == tt.limit) {
						t.Errorf("%d bytes: accepted is %v", size, accepted)
					}
				}
			})
		})
	}
}

func TestTheStartEndsWhereNothingCanBeWritten(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for _, tt := range []struct {
		name   string
		err    error
		after  time.Duration
		gaveUp bool
		want   string
	}{
		{"no such stream", answered(400, &types.ResourceNotFoundException{Message: aws.String("none")}), 0, false,
			"DescribeStreamSummary for stream orders: ResourceNotFoundException: none"},
		{"bad credentials", answered(400, api("UnrecognizedClientException")), 0, false,
			"DescribeStreamSummary for stream orders: UnrecognizedClientException: m"},
		{"nobody there", refused, 30 * time.Second, true,
			"gave up after 30s: DescribeStreamSummary for stream orders: dial tcp: connection refused"},
		{"a proxy's page", answered(502, api("UnknownError")), 30 * time.Second, true,
			"gave up after 30s: DescribeStreamSummary for stream orders: UnknownError: m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{describe: func(context.Context) (*service.DescribeStreamSummaryOutput, error) { return nil, tt.err }}
				got, err := newWriter(t, s, options()).Run(t.Context(), func(context.Context) (Record, error) {
					t.Error("the input was read")
					return Record{}, io.EOF
				})
				if err == nil || err.Error() != tt.want || got != (Summary{Duration: tt.after}) {
					t.Errorf("got %+v, %v, want %s after %s", got, err, tt.want, tt.after)
				}
				var named interface{ StreamName() string }
				if !errors.As(err, &named) || named.StreamName() != "orders" {
					t.Errorf("%v does not name its stream", err)
				}
				var gaveUp *GaveUpError
				if errors.As(err, &gaveUp) != tt.gaveUp {
					t.Errorf("%T: gave up is %v, want %v", err, !tt.gaveUp, tt.gaveUp)
				}
			})
		})
	}
}

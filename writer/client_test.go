package writer

import (
	"context"
	"io"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// service is a stream in memory. Its hook may take a request over.
type service struct {
	describe func(context.Context) (*kinesis.DescribeStreamSummaryOutput, error)
	// put sees the nth request, from 1. A nil answer without error leaves the
	// request to the stream.
	put func(ctx context.Context, n int, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error)

	mu       sync.Mutex
	requests []request // as they came
	stored   []string  // payloads in the stream's order
}

// request is what the service saw of one.
type request struct {
	records []string // KEY:PAYLOAD
}

func (s *service) DescribeStreamSummary(ctx context.Context, _ *kinesis.DescribeStreamSummaryInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	if s.describe == nil {
		return &kinesis.DescribeStreamSummaryOutput{}, nil
	}
	return s.describe(ctx)
}

func (s *service) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	s.mu.Lock()
	var r request
	for _, e := range in.Records {
		r.records = append(r.records, *e.PartitionKey+":"+string(e.Data))
	}
	s.requests = append(s.requests, r)
	n := len(s.requests)
	s.mu.Unlock()
	if s.put != nil {
		out, err := s.put(ctx, n, in)
		if out != nil || err != nil {
			return out, err
		}
	}
	return s.store(in, nil), nil
}

// store takes the entries but for those whose position fails.
func (s *service) store(in *kinesis.PutRecordsInput, fails map[int]string) *kinesis.PutRecordsOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(int32(len(fails)))}
	for i, e := range in.Records {
		if code, ok := fails[i]; ok {
			out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: &code, ErrorMessage: aws.String("no")})
			continue
		}
		s.stored = append(s.stored, string(e.Data))
		out.Records = append(out.Records, types.PutRecordsResultEntry{
			SequenceNumber: aws.String(strconv.Itoa(len(s.stored))), ShardId: aws.String("shardId-000000000000"),
		})
	}
	return out
}

// sizes are the numbers of records in the requests so far.
func (s *service) sizes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sizes []int
	for _, r := range s.requests {
		sizes = append(sizes, len(r.records))
	}
	return sizes
}

// throttled is the answer of a service under load.
func throttled() error {
	return &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException", Message: "slow down"}
}

// numbered is an input of n records with the payloads 1 to n, all of one key.
func numbered(n int) func(context.Context) (Record, error) {
	return source(func(i int) (Record, error) {
		if i > n {
			return Record{}, io.EOF
		}
		return Record{PartitionKey: "k", Data: []byte(strconv.Itoa(i))}, nil
	})
}

// source is an input whose ith record, from 1, comes from f.
func source(f func(i int) (Record, error)) func(context.Context) (Record, error) {
	i := 0
	return func(context.Context) (Record, error) {
		i++
		return f(i)
	}
}

// numbers are the payloads from one number to another.
func numbers(from, to int) []string {
	var s []string
	for i := from; i <= to; i++ {
		s = append(s, strconv.Itoa(i))
	}
	return s
}

// options are the defaults for a stream.
func options() Options {
	o := DefaultOptions()
	o.Stream = "orders"
	return o
}

func newWriter(t *testing.T, c Client, o Options) *Writer {
	t.Helper()
	w, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// sink accepts everything and keeps nothing.
type sink struct{ out kinesis.PutRecordsOutput }

func (s *sink) DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	return nil, nil
}

func (s *sink) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	for len(s.out.Records) < len(in.Records) {
		s.out.Records = append(s.out.Records, types.PutRecordsResultEntry{SequenceNumber: aws.String("1")})
	}
	return &kinesis.PutRecordsOutput{Records: s.out.Records[:len(in.Records)]}, nil
}

package writer

import (
	"context"
	"crypto/md5"
	"io"
	"math/big"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// memoryStream is a stream in memory. Its hook may take a request over.
type memoryStream struct {
	describe func(context.Context) (*service.DescribeStreamSummaryOutput, error)
	// put sees the nth request, from 1. A nil answer without error leaves the
	// request to the stream.
	put func(ctx context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error)

	// shards are the IDs of shards that share the hash key space evenly; none is
	// an endpoint that does not list them.
	shards []string
	lists  int // calls of ListShards
	// listing sees each call of it; nil observes nothing.
	listing func()

	forgetful bool // only counts what comes

	mu       sync.Mutex
	requests []call   // as they came
	stored   []string // payloads in the stream's order
}

// call is what the service saw of a request.
type call struct {
	records []string // KEY:PAYLOAD
}

func (s *memoryStream) DescribeStreamSummary(ctx context.Context, _ *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	if s.describe == nil {
		return &service.DescribeStreamSummaryOutput{}, nil
	}
	return s.describe(ctx)
}

func (s *memoryStream) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	if s.listing != nil {
		s.listing()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	if s.shards == nil {
		return nil, answered(400, &types.AccessDeniedException{})
	}
	return listed(s.shards), nil
}

// listed is a list of open shards that share the hash key space evenly.
func listed(ids []string) *service.ListShardsOutput {
	out := &service.ListShardsOutput{}
	most := new(big.Int).Lsh(big.NewInt(1), 128)
	at := func(i int) *big.Int {
		return new(big.Int).Div(new(big.Int).Mul(most, big.NewInt(int64(i))), big.NewInt(int64(len(ids))))
	}
	for i, id := range ids {
		out.Shards = append(out.Shards, types.Shard{
			ShardId: aws.String(id), SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")},
			HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String(at(i).String()), EndingHashKey: aws.String(new(big.Int).Sub(at(i+1), big.NewInt(1)).String())},
		})
	}
	return out
}

// shardOf is the shard that a record goes to.
func (s *memoryStream) shardOf(e types.PutRecordsRequestEntry) string {
	if len(s.shards) == 0 {
		return "shardId-000000000000"
	}
	hash := new(big.Int)
	if e.ExplicitHashKey != nil {
		hash.SetString(*e.ExplicitHashKey, 10)
	} else {
		sum := md5.Sum([]byte(*e.PartitionKey))
		hash.SetBytes(sum[:])
	}
	return s.shards[int(new(big.Int).Rsh(hash.Mul(hash, big.NewInt(int64(len(s.shards)))), 128).Int64())]
}

func (s *memoryStream) PutRecords(ctx context.Context, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	s.mu.Lock()
	var r call
	for _, e := range in.Records {
		if !s.forgetful {
			r.records = append(r.records, *e.PartitionKey+":"+string(e.Data))
		}
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
func (s *memoryStream) store(in *service.PutRecordsInput, fails map[int]string) *service.PutRecordsOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &service.PutRecordsOutput{}
	for i, e := range in.Records {
		if code, ok := fails[i]; ok {
			out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: &code, ErrorMessage: aws.String("no")})
			continue
		}
		if s.stored = append(s.stored, ""); !s.forgetful {
			s.stored[len(s.stored)-1] = string(e.Data)
		}
		out.Records = append(out.Records, types.PutRecordsResultEntry{
			SequenceNumber: aws.String(strconv.Itoa(len(s.stored))), ShardId: aws.String(s.shardOf(e)),
		})
	}
	return out
}

// sizes are the numbers of records in the requests so far.
func (s *memoryStream) sizes() []int {
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
type sink struct{}

func (s *sink) DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	return nil, nil
}

func (s *sink) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	return listed([]string{"shardId-000000000000", "shardId-000000000001"}), nil
}

func (s *sink) PutRecords(_ context.Context, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	out := &service.PutRecordsOutput{Records: make([]types.PutRecordsResultEntry, len(in.Records))}
	for i := range out.Records {
		out.Records[i] = types.PutRecordsResultEntry{SequenceNumber: &sequence, ShardId: &firstShard}
	}
	return out, nil
}

var sequence, firstShard = "1", "shardId-000000000000"

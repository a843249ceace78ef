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

// memoryStream is a stream in memory. Its put hook can answer requests instead.
type memoryStream struct {
	describe func(context.Context) (*service.DescribeStreamSummaryOutput, error)
	// put gets the nth request, from 1. If it returns nil and no error, the stream stores the
	// records.
	put func(ctx context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error)

	// shards are the IDs of shards that share the hash key space evenly. If empty, ListShards
	// is denied.
	shards []string
	lists  int // calls of ListShards
	// listing is called at the start of each ListShards call; may be nil.
	listing func()

	forgetful bool // count requests and records, but keep no data

	mu       sync.Mutex
	requests []call   // in order of arrival
	stored   []string // payloads in stream order
}

// call is one request as the service received it.
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

// listed returns a list of open shards that share the hash key space evenly.
func listed(ids []string) *service.ListShardsOutput {
	out := &service.ListShardsOutput{}
	size := new(big.Int).Lsh(big.NewInt(1), 128)
	at := func(i int) *big.Int {
		return new(big.Int).Div(new(big.Int).Mul(size, big.NewInt(int64(i))), big.NewInt(int64(len(ids))))
	}
	for i, id := range ids {
		out.Shards = append(out.Shards, types.Shard{
			ShardId: aws.String(id), SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")},
			HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String(at(i).String()), EndingHashKey: aws.String(new(big.Int).Sub(at(i+1), big.NewInt(1)).String())},
		})
	}
	return out
}

// shardOf returns the shard for a record.
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

// store stores the entries, except those whose index is in fails.
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

// sizes returns the number of records in each request so far.
func (s *memoryStream) sizes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sizes []int
	for _, r := range s.requests {
		sizes = append(sizes, len(r.records))
	}
	return sizes
}

// throttled returns the error of a throttled call.
func throttled() error {
	return &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException", Message: "slow down"}
}

// numbered returns an input of n records with the payloads 1 to n, all with the same key.
func numbered(n int) func(context.Context) (Record, error) {
	return source(func(i int) (Record, error) {
		if i > n {
			return Record{}, io.EOF
		}
		return Record{PartitionKey: "k", Data: []byte(strconv.Itoa(i))}, nil
	})
}

// source returns an input whose ith record, from 1, comes from f.
func source(f func(i int) (Record, error)) func(context.Context) (Record, error) {
	i := 0
	return func(context.Context) (Record, error) {
		i++
		return f(i)
	}
}

// numbers returns the payloads with the numbers from..to.
func numbers(from, to int) []string {
	var s []string
	for i := from; i <= to; i++ {
		s = append(s, strconv.Itoa(i))
	}
	return s
}

// options returns the defaults with a stream.
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

// sink accepts all records and drops them.
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

package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/awsclient"
	"kin/internal/local"
	"kin/reader"
)

// localService is the embedded endpoint with one stream, orders, called through the
// SDK's client without a network. In a bubble its clock is the bubble's:
// iterators expire, buckets fill and records leave retention as time passes.
type localService struct {
	*local.Endpoint
	*kinesis.Client
	t testing.TB
}

func newService(t testing.TB, shards int, o local.Options) *localService {
	t.Helper()
	toTheTimeOfTheService()
	if shards > 0 {
		o.Streams = []local.StreamSpec{{Name: "orders", Shards: shards}}
	}
	e, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	client := kinesis.New(awsclient.NewLocal("http://kinesis").Options(), func(o *kinesis.Options) { o.HTTPClient = inProcess{e} })
	return &localService{e, client, t}
}

// inProcess hands a request to the endpoint and waits for all of the answer.
type inProcess struct{ e *local.Endpoint }

func (p inProcess) Do(req *http.Request) (resp *http.Response, err error) {
	answer := httptest.NewRecorder()
	defer func() {
		switch broken := recover(); {
		case req.Context().Err() != nil:
			resp, err = nil, req.Context().Err()
		case broken != nil:
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	p.e.ServeHTTP(answer, req)
	return answer.Result(), nil
}

func (s *localService) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func shardName(n int) string { return fmt.Sprintf("shardId-%012d", n) }

// listed returns all shards of the stream.
func (s *localService) listed() []types.Shard {
	s.t.Helper()
	in := &kinesis.ListShardsInput{StreamName: aws.String("orders")}
	var all []types.Shard
	for {
		out, err := s.ListShards(s.t.Context(), in)
		s.must(err)
		all = append(all, out.Shards...)
		if out.NextToken == nil {
			return all
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

func (s *localService) shard(n int) types.Shard {
	s.t.Helper()
	all := s.listed()
	i := slices.IndexFunc(all, func(sh types.Shard) bool { return *sh.ShardId == shardName(n) })
	if i < 0 {
		s.t.Fatalf("no shard %d", n)
	}
	return all[i]
}

// put writes records to an open shard, one after another.
func (s *localService) put(shard int, payloads ...string) {
	s.t.Helper()
	hash := s.shard(shard).HashKeyRange.StartingHashKey
	for _, p := range payloads {
		out, err := s.PutRecord(s.t.Context(), &kinesis.PutRecordInput{
			StreamName: aws.String("orders"), PartitionKey: aws.String("k"), ExplicitHashKey: hash, Data: []byte(p),
		})
		s.must(err)
		if *out.ShardId != shardName(shard) {
			s.t.Fatalf("%s is closed: %s went to %s", shardName(shard), p, *out.ShardId)
		}
	}
}

func (s *localService) split(shard int) {
	s.t.Helper()
	r := s.shard(shard).HashKeyRange
	low, _ := new(big.Int).SetString(*r.StartingHashKey, 10)
	high, _ := new(big.Int).SetString(*r.EndingHashKey, 10)
	middle := low.Add(low, high).Rsh(low, 1)
	_, err := s.SplitShard(s.t.Context(), &kinesis.SplitShardInput{
		StreamName: aws.String("orders"), ShardToSplit: aws.String(shardName(shard)), NewStartingHashKey: aws.String(middle.String()),
	})
	s.must(err)
}

func (s *localService) mergeInto(shard, adjacent int) {
	s.t.Helper()
	_, err := s.MergeShards(s.t.Context(), &kinesis.MergeShardsInput{
		StreamName: aws.String("orders"), ShardToMerge: aws.String(shardName(shard)), AdjacentShardToMerge: aws.String(shardName(adjacent)),
	})
	s.must(err)
}

func (s *localService) fault(spec string) {
	s.t.Helper()
	s.must(s.AddFault(spec))
}

// watched is a client with a look at each call before it is made. An error is
// the answer; after may change it.
type watched struct {
	reader.Client
	before func(call string) error
	after  func(out any)
}

func watch[I, O any](ctx context.Context, w *watched, call string, in I, do func(context.Context, I, ...func(*kinesis.Options)) (O, error)) (O, error) {
	if w.before != nil {
		if err := w.before(call); err != nil {
			var none O
			return none, err
		}
	}
	out, err := do(ctx, in)
	if err == nil && w.after != nil {
		w.after(out)
	}
	return out, err
}

func (w *watched) ListShards(ctx context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	return watch(ctx, w, "ListShards", in, w.Client.ListShards)
}

func (w *watched) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	return watch(ctx, w, "GetShardIterator "+*in.ShardId, in, w.Client.GetShardIterator)
}

func (w *watched) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	return watch(ctx, w, "GetRecords", in, w.Client.GetRecords)
}

func (w *watched) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	return watch(ctx, w, "DescribeStreamSummary", in, w.Client.DescribeStreamSummary)
}

var errTimeIsUp = errors.New("time is up")

func readInto(t testing.TB, client reader.Client, d time.Duration, o reader.Options, handle func(*reader.Batch) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errTimeIsUp)
	defer cancel()
	r, err := reader.New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx, handle); !errors.Is(err, errTimeIsUp) {
		return err
	}
	return nil
}

// ways are what implementations, and reports about the service, disagree on: a
// reader has to cope with all.
var ways = map[string]local.Options{
	"as documented":                      {},
	"an end of its own":                  {EndAlone: true},
	"an end without its children":        {OmitChildShards: true},
	"an end alone, without its children": {EndAlone: true, OmitChildShards: true},
	"no MillisBehindLatest":              {OmitMillisBehindLatest: true},
	"none of it":                         {EndAlone: true, OmitChildShards: true, OmitMillisBehindLatest: true},
}

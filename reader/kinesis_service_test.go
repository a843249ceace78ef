package reader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/awsclient"
	"kin/internal/local"
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

// meanwhile does something beside the reader, to its end, whatever becomes of
// the test.
func (s *localService) meanwhile(do func()) {
	var done sync.WaitGroup
	done.Go(do)
	s.t.Cleanup(done.Wait)
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

func (s *localService) scale(shards int) {
	s.t.Helper()
	_, err := s.UpdateShardCount(s.t.Context(), &kinesis.UpdateShardCountInput{
		StreamName: aws.String("orders"), TargetShardCount: aws.Int32(int32(shards)), ScalingType: types.ScalingTypeUniformScaling,
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
	Client
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

// readFor runs a reader for a while of the bubble's time, or to its end, and
// returns the records that were written, in order. That the time was up is no
// error.
func readFor(t testing.TB, client Client, d time.Duration, o Options) ([]string, error) {
	t.Helper()
	var got []string
	err := readInto(t, client, d, o, func(b *Batch) error {
		got = append(got, batchRecords(b)...)
		return nil
	})
	return got, err
}

func readInto(t testing.TB, client Client, d time.Duration, o Options, handle func(*Batch) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errTimeIsUp)
	defer cancel()
	r, err := New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx, handle); !errors.Is(err, errTimeIsUp) {
		return err
	}
	return nil
}

func batchRecords(b *Batch) []string {
	var records []string
	for _, block := range b.Blocks {
		records = append(records, strings.Fields(string(block.Data))...)
	}
	return records
}

// numbers are the texts of from to to.
func numbers(from, to int) []string {
	var all []string
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

// once reports what is missing and what came more than once, whatever the
// order.
func once(t testing.TB, got, want []string) {
	t.Helper()
	count := map[string]int{}
	for _, g := range got {
		count[g]++
	}
	var missing, extra []string
	for _, w := range want {
		if count[w]--; count[w] < 0 {
			missing = append(missing, w)
		}
	}
	for g, n := range count {
		if n > 0 {
			extra = append(extra, fmt.Sprintf("%s (%d)", g, n))
		}
	}
	if len(missing)+len(extra) > 0 {
		slices.Sort(extra)
		t.Errorf("of %d records %d are missing: %.200q; twice or unknown: %.200q", len(want), len(missing), missing, extra)
	}
}

// ordered reports the first of the records that came before the one it has to
// follow. All have to be there.
func ordered(t testing.TB, got []string, want ...string) {
	t.Helper()
	last := -1
	for _, w := range want {
		i := slices.Index(got, w)
		if i < last || i < 0 {
			t.Errorf("want %q in that order, got %q", want, got)
			return
		}
		last = i
	}
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

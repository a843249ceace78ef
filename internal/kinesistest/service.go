package kinesistest

import (
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/awsclient"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/service"
)

// Dated rewrites the Date of answers.
type Dated struct {
	next InProcess
	date func(time.Time) time.Time
}

// Do makes a request, and changes the Date of the answer.
func (d Dated) Do(req *http.Request) (*http.Response, error) {
	resp, err := d.next.Do(req)
	if err == nil {
		if date, parseErr := http.ParseTime(resp.Header.Get("Date")); parseErr == nil {
			resp.Header.Set("Date", d.date(date).UTC().Format(http.TimeFormat))
		}
	}
	return resp, err
}

// WithDates is a client of the service whose answers have other Dates.
func (s *Service) WithDates(date func(time.Time) time.Time) service.API {
	return Client(Dated{InProcess{s.Endpoint}, date})
}

// Service is the embedded endpoint with one stream, orders, called without a network
// through kin's client, and through the SDK's for what kin does not do. In a
// bubble its clock is the bubble's: iterators expire, buckets fill and records leave
// retention as time passes.
type Service struct {
	*local.Endpoint
	*awsclient.Client
	SDK *kinesis.Client
	T   testing.TB
}

// NewService starts an endpoint with the stream orders of so many shards; 0 starts it without.
func NewService(t testing.TB, shards int, o local.Options) *Service {
	t.Helper()
	ToTheTimeOfTheService()
	if shards > 0 {
		o.Streams = []local.StreamSpec{{Name: "orders", Shards: shards}}
	}
	e, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &Service{e, Client(InProcess{e}), SDK("http://kinesis", InProcess{e}), t}
}

// InProcess hands a request to the endpoint and waits for all of the answer.
type InProcess struct{ e *local.Endpoint }

// Do makes a request.
func (p InProcess) Do(req *http.Request) (resp *http.Response, err error) {
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

// Must fails the test if err is not nil.
func (s *Service) Must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// Meanwhile does something beside the reader, to its end, whatever becomes of
// the test.
func (s *Service) Meanwhile(do func()) {
	var done sync.WaitGroup
	done.Go(do)
	s.T.Cleanup(done.Wait)
}

// Listed returns all shards of the stream.
func (s *Service) Listed() []types.Shard {
	s.T.Helper()
	in := &service.ListShardsInput{StreamName: "orders"}
	var all []types.Shard
	for {
		out, err := s.ListShards(s.T.Context(), in)
		s.Must(err)
		all = append(all, out.Shards...)
		if out.NextToken == "" {
			return all
		}
		in = &service.ListShardsInput{NextToken: out.NextToken}
	}
}

// Shard is the shard of a number.
func (s *Service) Shard(n int) types.Shard {
	s.T.Helper()
	all := s.Listed()
	i := slices.IndexFunc(all, func(sh types.Shard) bool { return *sh.ShardId == families.ShardName(n) })
	if i < 0 {
		s.T.Fatalf("no shard %d", n)
	}
	return all[i]
}

// Put writes records to an open shard, one after another.
func (s *Service) Put(shard int, payloads ...string) {
	s.T.Helper()
	hash := s.Shard(shard).HashKeyRange.StartingHashKey
	for _, p := range payloads {
		out, err := s.SDK.PutRecord(s.T.Context(), &kinesis.PutRecordInput{
			StreamName: aws.String("orders"), PartitionKey: aws.String("k"), ExplicitHashKey: hash, Data: []byte(p),
		})
		s.Must(err)
		if *out.ShardId != families.ShardName(shard) {
			s.T.Fatalf("%s is closed: %s went to %s", families.ShardName(shard), p, *out.ShardId)
		}
	}
}

// Split splits a shard in two.
func (s *Service) Split(shard int) {
	s.T.Helper()
	r := s.Shard(shard).HashKeyRange
	low, _ := new(big.Int).SetString(*r.StartingHashKey, 10)
	high, _ := new(big.Int).SetString(*r.EndingHashKey, 10)
	middle := low.Add(low, high).Rsh(low, 1)
	_, err := s.SDK.SplitShard(s.T.Context(), &kinesis.SplitShardInput{
		StreamName: aws.String("orders"), ShardToSplit: aws.String(families.ShardName(shard)), NewStartingHashKey: aws.String(middle.String()),
	})
	s.Must(err)
}

// MergeInto merges two shards.
func (s *Service) MergeInto(shard, adjacent int) {
	s.T.Helper()
	_, err := s.SDK.MergeShards(s.T.Context(), &kinesis.MergeShardsInput{
		StreamName: aws.String("orders"), ShardToMerge: aws.String(families.ShardName(shard)), AdjacentShardToMerge: aws.String(families.ShardName(adjacent)),
	})
	s.Must(err)
}

// Scale changes the number of shards.
func (s *Service) Scale(shards int) {
	s.T.Helper()
	_, err := s.SDK.UpdateShardCount(s.T.Context(), &kinesis.UpdateShardCountInput{
		StreamName: aws.String("orders"), TargetShardCount: aws.Int32(int32(shards)), ScalingType: types.ScalingTypeUniformScaling,
	})
	s.Must(err)
}

// Fault adds a scripted fault.
func (s *Service) Fault(spec string) {
	s.T.Helper()
	s.Must(s.AddFault(spec))
}

// Ways are what implementations, and reports about the service, disagree on: a
// reader has to cope with all.
var Ways = map[string]local.Options{
	"as documented":                      {},
	"an end of its own":                  {EndAlone: true},
	"an end without its children":        {OmitChildShards: true},
	"an end alone, without its children": {EndAlone: true, OmitChildShards: true},
	"no MillisBehindLatest":              {OmitMillisBehindLatest: true},
	"none of it":                         {EndAlone: true, OmitChildShards: true, OmitMillisBehindLatest: true},
}

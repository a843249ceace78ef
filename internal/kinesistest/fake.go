// Package kinesistest replaces Kinesis in tests. It has a small fake, the embedded endpoint without
// a network, and positions in memory. Only tests import it.
package kinesistest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// Fake is a small fake of the service. Its shards hold records, its pages have a fixed size, and a
// hook may answer a call first.
type Fake struct {
	mu     sync.Mutex
	Shards []*Shard
	Page   int // records in a page; 0 for all
	// Strategy is how the stream distributes records, as in its summary.
	Strategy types.RecordDistributionStrategy
	Hours    *int32 // retention period; nil is missing in the summary
	// Hook is called before each call is answered. Its error is the answer.
	Hook  func(call, shard string) error
	Calls []string // "GetRecords shardId-1 @12s", in order
	Began time.Time
}

// Shard is one shard of a Fake.
type Shard struct {
	ID, Parent, Adjacent string
	Records              []int // sequence numbers; the payload is the number
	Closed               bool
	Children             []string // named at the end of the shard; empty for an endpoint that names none
	Endless              bool     // the first end is answered although the shard is open
	Trailing             int      // empty pages at the tip before the end
	Payloads             map[int][]byte
	Arrivals             map[int]time.Time // of records with another time than Arrival
	Hashes               *types.HashKeyRange
}

// NewFake returns a service with these shards. In a synctest bubble it first sleeps to a plausible
// time.
func NewFake(shards ...*Shard) *Fake {
	ToTheTimeOfTheService()
	return &Fake{Shards: shards, Began: time.Now()}
}

// ToTheTimeOfTheService sleeps until a time at which the service existed. It is for synctest
// bubbles, which begin in 2000.
func ToTheTimeOfTheService() {
	if now := time.Now(); now.Year() < 2013 {
		time.Sleep(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Sub(now))
	}
}

// Arrival is the arrival time of the fake's record with a sequence number.
func Arrival(sequence int) time.Time { return time.Unix(1_700_000_000+int64(sequence), 0) }

func (s *Shard) arrival(sequence int) time.Time {
	if at, ok := s.Arrivals[sequence]; ok {
		return at
	}
	return Arrival(sequence)
}

func (f *Fake) record(call, shard string) error {
	f.mu.Lock()
	f.Calls = append(f.Calls, fmt.Sprintf("%s %s @%s", call, shard, time.Since(f.Began).Round(time.Millisecond)))
	hook := f.Hook
	f.mu.Unlock()
	if hook != nil {
		return hook(call, shard)
	}
	return nil
}

// Times returns when a call was made for a shard, relative to the start of the fake.
func (f *Fake) Times(call, shard string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var times []string
	for _, c := range f.Calls {
		if at, ok := strings.CutPrefix(c, call+" "+shard+" @"); ok {
			times = append(times, at)
		}
	}
	return times
}

// SlowFetches makes each GetRecords take a while. It returns a function that returns the largest
// number of concurrent GetRecords so far.
func (f *Fake) SlowFetches(each time.Duration) (largest func() int) {
	var mu sync.Mutex
	now, peak := 0, 0
	add := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		now += n
		peak = max(peak, now)
	}
	f.Hook = func(call, _ string) error {
		if call == "GetRecords" {
			add(1)
			time.Sleep(each)
			add(-1)
		}
		return nil
	}
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return peak
	}
}

// Change changes the service while no call is being answered.
func (f *Fake) Change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// Find returns the shard with an ID; nil if there is none.
func (f *Fake) Find(id string) *Shard {
	for _, s := range f.Shards {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// ListShards implements service.StreamAPI.
func (f *Fake) ListShards(_ context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	if err := f.record("ListShards", in.NextToken); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := &service.ListShardsOutput{Shards: []types.Shard{}}
	for _, s := range f.Shards {
		if s.ID <= in.ExclusiveStartShardID {
			continue
		}
		shard := types.Shard{ShardId: aws.String(s.ID), HashKeyRange: s.Hashes, SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("0")}}
		if s.Parent != "" {
			shard.ParentShardId = aws.String(s.Parent)
		}
		if s.Adjacent != "" {
			shard.AdjacentParentShardId = aws.String(s.Adjacent)
		}
		if s.Closed {
			shard.SequenceNumberRange.EndingSequenceNumber = aws.String("999")
		}
		out.Shards = append(out.Shards, shard)
	}
	return out, nil
}

// GetShardIterator implements service.StreamAPI.
func (f *Fake) GetShardIterator(_ context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	id := in.ShardID
	if err := f.record("GetShardIterator", id+" "+string(in.ShardIteratorType)+" "+in.StartingSequenceNumber); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.Find(id)
	if s == nil {
		return nil, APIError("ResourceNotFoundException")
	}
	at := 0
	if in.StartingSequenceNumber != "" {
		sequence, err := strconv.Atoi(in.StartingSequenceNumber)
		if err != nil {
			return nil, APIError("InvalidArgumentException")
		}
		for at < len(s.Records) && (s.Records[at] < sequence ||
			s.Records[at] == sequence && in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber) {
			at++
		}
	}
	return &service.GetShardIteratorOutput{ShardIterator: fmt.Sprintf("%s/%d", id, at)}, nil
}

// GetRecords implements service.StreamAPI.
func (f *Fake) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	id, index, _ := strings.Cut(in.ShardIterator, "/")
	if err := f.record("GetRecords", id); err != nil {
		if errors.Is(err, ErrStall) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.Find(id)
	if s == nil {
		return nil, APIError("ResourceNotFoundException")
	}
	at, err := strconv.Atoi(index)
	if err != nil {
		return nil, APIError("InvalidArgumentException")
	}
	out := &service.GetRecordsOutput{Records: []types.Record{}, MillisBehindLatest: aws.Int64(0)}
	for n := 0; at < len(s.Records) && n < in.Limit && (f.Page == 0 || n < f.Page); n++ {
		text := strconv.Itoa(s.Records[at])
		data := s.Payloads[s.Records[at]]
		if data == nil {
			data = []byte(text)
		}
		out.Records = append(out.Records, types.Record{
			SequenceNumber: aws.String(text), PartitionKey: aws.String("k"), Data: data,
			ApproximateArrivalTimestamp: aws.Time(s.arrival(s.Records[at])),
		})
		at++
	}
	if at < len(s.Records) {
		out.MillisBehindLatest = aws.Int64(1000)
	}
	if at == len(s.Records) && s.Closed && s.Trailing > 0 {
		s.Trailing--
	} else if (s.Closed || s.Endless) && at == len(s.Records) {
		for _, child := range s.Children {
			c := types.ChildShard{ShardId: aws.String(child)}
			if known := f.Find(child); known != nil {
				for _, parent := range []string{known.Parent, known.Adjacent} {
					if parent != "" {
						c.ParentShards = append(c.ParentShards, parent)
					}
				}
				c.HashKeyRange = known.Hashes
			}
			out.ChildShards = append(out.ChildShards, c)
		}
		s.Endless = false
		return out, nil
	}
	out.NextShardIterator = fmt.Sprintf("%s/%d", id, at)
	return out, nil
}

// DescribeStreamSummary implements service.StreamAPI.
func (f *Fake) DescribeStreamSummary(_ context.Context, _ *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	if err := f.record("DescribeStreamSummary", ""); err != nil {
		return nil, err
	}
	return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{
		StreamARN:               aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"),
		StreamCreationTimestamp: aws.Time(Arrival(0)), RecordDistributionStrategy: f.Strategy,
		RetentionPeriodHours: f.Hours,
	}}, nil
}

// ErrStall as the error of a Hook makes GetRecords never answer.
var ErrStall = errors.New("stall")

// APIError is an answer of the service with an error code.
func APIError(code string) error { return &smithy.GenericAPIError{Code: code, Message: "told to"} }

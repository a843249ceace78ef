package inspect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/reader"
)

// fake is a service of a few lines: shards that hold records, pages of a fixed
// size, and a hook that may answer a call in its place.
type fake struct {
	mu     sync.Mutex
	shards []*fakeShard
	page   int // records in a page; 0 for all
	// strategy is how it says that the stream distributes records.
	strategy types.RecordDistributionStrategy
	hours    *int32 // for which it retains records; nil does not say
	// hook sees every call before it is answered; an error is the answer.
	hook  func(call, shard string) error
	calls []string // "GetRecords shardId-1 @12s", in order
	began time.Time
}

type fakeShard struct {
	id, parent, adjacent string
	records              []int // sequence numbers; the payload is the number
	closed               bool
	children             []string // named at the end; empty: an endpoint that does not
	endless              bool     // the end is claimed although the shard is open
	trailing             int      // empty pages at the tip before the end shows
	payloads             map[int][]byte
	arrivals             map[int]time.Time // of records that have not the usual one
	hashes               *types.HashKeyRange
}

func newFake(shards ...*fakeShard) *fake {
	toTheTimeOfTheService()
	return &fake{shards: shards, began: time.Now()}
}

// toTheTimeOfTheService sleeps, in a bubble, until a time that the service can
// have had: a bubble begins in 2000.
func toTheTimeOfTheService() {
	if now := time.Now(); now.Year() < 2013 {
		time.Sleep(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Sub(now))
	}
}

// arrival is when the fake's record of a sequence number arrived.
func arrival(sequence int) time.Time { return time.Unix(1_700_000_000+int64(sequence), 0) }

func (s *fakeShard) arrival(sequence int) time.Time {
	if at, ok := s.arrivals[sequence]; ok {
		return at
	}
	return arrival(sequence)
}

func (f *fake) enter(call, shard string) error {
	f.mu.Lock()
	f.calls = append(f.calls, fmt.Sprintf("%s %s @%s", call, shard, time.Since(f.began).Round(time.Millisecond)))
	hook := f.hook
	f.mu.Unlock()
	if hook != nil {
		return hook(call, shard)
	}
	return nil
}

// times returns when a call was made for a shard, since the fake began.
func (f *fake) times(call, shard string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var times []string
	for _, c := range f.calls {
		if at, ok := strings.CutPrefix(c, call+" "+shard+" @"); ok {
			times = append(times, at)
		}
	}
	return times
}

// slowFetches makes each GetRecords take a while, and returns a function that
// tells how many were under way at once at most.
func (f *fake) slowFetches(each time.Duration) (most func() int) {
	var mu sync.Mutex
	now, peak := 0, 0
	add := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		now += n
		peak = max(peak, now)
	}
	f.hook = func(call, _ string) error {
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

func (f *fake) change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) find(id string) *fakeShard {
	for _, s := range f.shards {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (f *fake) ListShards(_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	if err := f.enter("ListShards", aws.ToString(in.NextToken)); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := &kinesis.ListShardsOutput{Shards: []types.Shard{}}
	for _, s := range f.shards {
		if s.id <= aws.ToString(in.ExclusiveStartShardId) {
			continue
		}
		shard := types.Shard{ShardId: aws.String(s.id), HashKeyRange: s.hashes, SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("0")}}
		if s.parent != "" {
			shard.ParentShardId = aws.String(s.parent)
		}
		if s.adjacent != "" {
			shard.AdjacentParentShardId = aws.String(s.adjacent)
		}
		if s.closed {
			shard.SequenceNumberRange.EndingSequenceNumber = aws.String("999")
		}
		out.Shards = append(out.Shards, shard)
	}
	return out, nil
}

func (f *fake) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	id := *in.ShardId
	if err := f.enter("GetShardIterator", id+" "+string(in.ShardIteratorType)+" "+aws.ToString(in.StartingSequenceNumber)); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.find(id)
	if s == nil {
		return nil, apiError("ResourceNotFoundException")
	}
	at := 0
	if in.StartingSequenceNumber != nil {
		sequence, err := strconv.Atoi(*in.StartingSequenceNumber)
		if err != nil {
			return nil, apiError("InvalidArgumentException")
		}
		for at < len(s.records) && (s.records[at] < sequence ||
			s.records[at] == sequence && in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber) {
			at++
		}
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String(fmt.Sprintf("%s/%d", id, at))}, nil
}

func (f *fake) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	id, index, _ := strings.Cut(*in.ShardIterator, "/")
	if err := f.enter("GetRecords", id); err != nil {
		if errors.Is(err, errStall) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.find(id)
	if s == nil {
		return nil, apiError("ResourceNotFoundException")
	}
	at, err := strconv.Atoi(index)
	if err != nil {
		return nil, apiError("InvalidArgumentException")
	}
	out := &kinesis.GetRecordsOutput{Records: []types.Record{}, MillisBehindLatest: aws.Int64(0)}
	for n := 0; at < len(s.records) && n < int(*in.Limit) && (f.page == 0 || n < f.page); n++ {
		text := strconv.Itoa(s.records[at])
		data := s.payloads[s.records[at]]
		if data == nil {
			data = []byte(text)
		}
		out.Records = append(out.Records, types.Record{
			SequenceNumber: aws.String(text), PartitionKey: aws.String("k"), Data: data,
			ApproximateArrivalTimestamp: aws.Time(s.arrival(s.records[at])),
		})
		at++
	}
	if at < len(s.records) {
		out.MillisBehindLatest = aws.Int64(1000)
	}
	if at == len(s.records) && s.closed && s.trailing > 0 {
		s.trailing--
	} else if (s.closed || s.endless) && at == len(s.records) {
		for _, child := range s.children {
			c := types.ChildShard{ShardId: aws.String(child)}
			if known := f.find(child); known != nil {
				c.ParentShards = lineage.ParentsOf(&known.parent, &known.adjacent)
				c.HashKeyRange = known.hashes
			}
			out.ChildShards = append(out.ChildShards, c)
		}
		s.endless = false
		return out, nil
	}
	out.NextShardIterator = aws.String(fmt.Sprintf("%s/%d", id, at))
	return out, nil
}

func (f *fake) DescribeStreamSummary(_ context.Context, _ *kinesis.DescribeStreamSummaryInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	if err := f.enter("DescribeStreamSummary", ""); err != nil {
		return nil, err
	}
	return &kinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{
		StreamARN:               aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"),
		StreamCreationTimestamp: aws.Time(arrival(0)), RecordDistributionStrategy: f.strategy,
		RetentionPeriodHours: f.hours,
	}}, nil
}

// errStall stands for an answer that never comes.
var errStall = errors.New("stall")

func apiError(code string) error { return &smithy.GenericAPIError{Code: code, Message: "told to"} }

// memory is Positions in memory, with every state that was saved. It refuses what
// a checkpoint file refuses.
type memory struct {
	file  checkpoint.File
	saved []checkpoint.File
	owned func(shard string) bool
}

func newMemory() *memory { return &memory{file: checkpoint.File{Version: 1, ID: "id"}} }

func (m *memory) Owns(_, shard string) bool      { return m.owned == nil || m.owned(shard) }
func (m *memory) Load() (checkpoint.File, error) { return m.file, nil }
func (m *memory) Release() error                 { return nil }

func (m *memory) Begin(_ context.Context, streams ...checkpoint.Stream) error {
	f := m.file
	f.Streams = slices.Clone(f.Streams)
	for _, s := range streams {
		s.Shards = maps.Clone(s.Shards)
		if known := f.Find(s.Name); known != nil {
			*known = s
		} else {
			f.Streams = append(f.Streams, s)
		}
	}
	return m.save(f, nil)
}

func (m *memory) Commit(_ context.Context, c checkpoint.Commit) error {
	f := m.file
	f.Streams = slices.Clone(f.Streams)
	for i := range f.Streams {
		f.Streams[i].Shards = maps.Clone(f.Streams[i].Shards)
	}
	moved, err := f.Apply(c.Moves)
	if err != nil {
		return err
	}
	return m.save(f, moved)
}

func (m *memory) save(f checkpoint.File, moved checkpoint.Moved) error {
	if err := f.CheckMoved(moved); err != nil {
		return &checkpoint.UnsavableError{Path: "memory", Err: err}
	}
	copied := f
	copied.Streams = nil
	for _, s := range f.Streams {
		shards := map[string]checkpoint.Shard{}
		for id, shard := range s.Shards {
			shards[id] = shard
		}
		s.Shards = shards
		copied.Streams = append(copied.Streams, s)
	}
	m.file = copied
	m.saved = append(m.saved, copied)
	return nil
}

// testOptions reads the stream orders from its start; a record is encoded as
// its payload and a space.
func testOptions() reader.Options {
	o := reader.DefaultOptions()
	o.Streams = []string{"orders"}
	o.InitialPosition = record.Position{Kind: record.TrimHorizon}
	o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
		return append(append(dst, r.Data...), ' '), nil
	}
	return o
}

// collectRun runs a reader to its end and returns what it wrote, batch by
// batch.
func collectRun(ctx context.Context, t *testing.T, client reader.Client, o reader.Options) (batches []string, err error) {
	t.Helper()
	r, err := reader.New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Run(ctx, func(b *reader.Batch) error {
		var text strings.Builder
		for _, block := range b.Blocks {
			text.Write(block.Data)
		}
		batches = append(batches, strings.TrimSpace(text.String()))
		return nil
	})
	return batches, err
}

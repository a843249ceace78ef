package survey

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kpl"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// The write limits of a shard per second (API documentation). An aggregate of the Kinesis Producer
// Library counts as one record, with its own partition key.
const (
	writeRecords = 1000
	writeBytes   = 1 << 20
)

const (
	// hotShare is the share of its write limit from which a shard is hot. At half of the limit on
	// average, bursts are throttled.
	hotShare = 0.5
	// sketchCapacity is the maximum number of partition keys stored for a shard. sampleCapacity is
	// the maximum number of hash keys.
	sketchCapacity = 128
	sampleCapacity = 1024
	// maxHotKeys is the maximum number of hot keys returned for a shard. Each has at least
	// minHotKeyPercent of the shard's bytes.
	maxHotKeys       = 5
	minHotKeyPercent = 1

	samplePeriod = 500 * time.Millisecond // leaves three of five fetches a second for other readers
	sampleBuffer = 64_000_000
	// sampleGrace is how long after its end a sample may still be read.
	sampleGrace = time.Minute
)

// Rates are the write rates of one shard during a sample.
type Rates struct {
	RecordsPerSecond, BytesPerSecond float64 // payloads and partition keys
	// WriteLimitShare is the used share of the write limit: of records or bytes, whichever is
	// larger. 1 is the limit.
	WriteLimitShare float64
	HotKeys         []HotKey // the hottest first
	// Hot: the shard used half of its write limit or more.
	Hot bool
	// SplitAt splits the bytes of a hot shard most evenly. It is nil if no split helps much, or if
	// the service splits the shards of the stream itself.
	SplitAt *lineage.HashKey
}

// HotKey is a partition key and the minimum of its share of the shard's bytes, from 0 to 1.
type HotKey struct {
	PartitionKey string
	Share        float64
}

// SampleOptions configure Sample.
type SampleOptions struct {
	For time.Duration // more than 0
	// Info, Detail and Log are as in reader.Options.
	Info, Detail func(string)
	Log          *slog.Logger
}

// Sample reads the records that arrive in the open shards from s.At on, for o.For. It returns the
// rates of each shard, by ID. If shards are split or merged meanwhile, it updates s. It fetches
// each shard twice a second. Errors are those of reader.Reader.Run.
func (s *Stream) Sample(ctx context.Context, client reader.Client, o SampleOptions) (map[string]Rates, error) {
	t := &sampler{shards: map[string]*shardSample{}}
	ro := reader.DefaultOptions()
	ro.Streams = []string{s.Given}
	for _, shard := range s.Open() {
		ro.Shards = append(ro.Shards, shard.ID)
	}
	ro.InitialPosition = record.AtTime(s.At)
	ro.To = record.AtTime(s.At.Add(o.For))
	ro.MinFetchPeriod = samplePeriod
	ro.FetchBufferSize = sampleBuffer
	ro.NoDeaggregate = true // an aggregate counts as one record
	ro.RetryFor = sampleGrace / 2
	ro.Timeout = o.For + sampleGrace
	ro.Encode = t.encode
	ro.Failing, ro.Detail, ro.Log = o.Info, o.Detail, o.Log
	r, err := reader.New(client, ro)
	if err != nil {
		return nil, err
	}
	err = r.Run(ctx, reader.HandlerOf(func(*reader.Batch) error { return nil }))
	var timeout *reader.TimeoutError
	if errors.As(err, &timeout) && timeout.Err != nil {
		return nil, &service.GaveUpError{After: timeout.After, Err: timeout.Err}
	} else if errors.As(err, &timeout) {
		return nil, &service.GaveUpError{After: timeout.After, Err: errors.New("the shards could not be read up to the end of the sample")}
	} else if err != nil {
		return nil, err
	}
	if r.Progress().Throttles > 0 && o.Info != nil {
		o.Info("the sample exceeded the read limit of shards: other consumers read them too; the figures are still complete")
	}
	if slices.ContainsFunc(t.sampledShards(), func(id string) bool { return s.Shards.Shards[id] == nil }) {
		updated, err := LookAt(ctx, reader.NewAsker(client, o.Info, o.Log), s.Given)
		if err != nil {
			return nil, err
		}
		*s = *updated
	}
	return s.rates(t, o.For), nil
}

// rates returns the rates of the shards that are open or had records.
func (s *Stream) rates(t *sampler, span time.Duration) map[string]Rates {
	rates := map[string]Rates{}
	split := s.Summary == nil || s.Summary.StreamModeDetails == nil || s.Summary.StreamModeDetails.StreamMode != types.StreamModeOnDemand
	for _, shard := range s.Shards.Shards {
		seen := t.shards[shard.ID]
		switch {
		case seen != nil:
			rates[shard.ID] = seen.rates(shard, span, split)
		case !shard.Closed:
			rates[shard.ID] = Rates{}
		}
	}
	return rates
}

// sampler collects the records of a sample.
type sampler struct {
	mu     sync.Mutex
	shards map[string]*shardSample
}

// shardSample is the sample of one shard.
type shardSample struct {
	mu             sync.Mutex
	records, bytes int64
	keys           *sketch
	hashes         hashSample
}

// encode is the Encode function of the sample. It counts the record and appends nothing, so that no
// data is kept.
func (t *sampler) encode(dst []byte, r record.Record) ([]byte, error) {
	t.mu.Lock()
	s := t.shards[r.ShardID]
	if s == nil {
		s = &shardSample{keys: newSketch(sketchCapacity), hashes: hashSample{capacity: sampleCapacity}}
		t.shards[r.ShardID] = s
	}
	t.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records++
	s.bytes += int64(len(r.Data) + len(r.PartitionKey))
	var a kpl.Aggregated
	if !a.Parse(r.Data) {
		s.count(kpl.Record{PartitionKey: r.PartitionKey, Data: r.Data})
		return dst, nil
	}
	// Ignore the key of the aggregate: producers use the same key for all of them.
	for c := a.Cursor(); c.Next(); {
		if c.BadKey { // kin read uses the key of the aggregate for such a record
			c.Record.PartitionKey = r.PartitionKey
		}
		s.count(c.Record)
	}
	return dst, nil
}

func (s *shardSample) count(r kpl.Record) {
	size := int64(len(r.Data) + len(r.PartitionKey))
	s.keys.add(r.PartitionKey, size)
	s.hashes.add(r.HashKey(), size)
}

// sampledShards returns the IDs of the shards that had records.
func (t *sampler) sampledShards() []string {
	var ids []string
	for id := range t.shards {
		ids = append(ids, id)
	}
	return ids
}

func (s *shardSample) rates(shard *lineage.Shard, span time.Duration, canSplit bool) Rates {
	r := Rates{RecordsPerSecond: float64(s.records) / span.Seconds(), BytesPerSecond: float64(s.bytes) / span.Seconds()}
	r.WriteLimitShare = max(r.RecordsPerSecond/writeRecords, r.BytesPerSecond/writeBytes)
	for _, key := range s.keys.heaviest(maxHotKeys, s.bytes*minHotKeyPercent/100) {
		r.HotKeys = append(r.HotKeys, HotKey{key.key, min(1, float64(key.weight)/float64(s.bytes))})
	}
	r.Hot = r.WriteLimitShare >= hotShare
	if r.Hot && canSplit {
		if at, ok := s.hashes.split(*shard.Hashes); ok {
			r.SplitAt = &at
		}
	}
	return r
}

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

// The write limits of a shard a second (API documentation): a record of the
// Kinesis Producer Library's aggregates counts as one, with its partition key.
const (
	writeRecords = 1000
	writeBytes   = 1 << 20
)

const (
	// hotShare is how much of its write limit a hot shard takes: bursts of one
	// that takes half on average are refused.
	hotShare = 0.5
	// sketchCapacity bounds what is kept of partition keys for each shard, and
	// sampleCapacity of hash keys.
	sketchCapacity = 128
	sampleCapacity = 1024
	// hottest keys are returned, those with hottestPerCent of their shard's bytes.
	hottest        = 5
	hottestPerCent = 1

	samplePeriod = 500 * time.Millisecond // leaves other readers three of five fetches a second
	sampleBuffer = 64_000_000
	// sampleGrace is how long after its end a sample may still take to be read.
	sampleGrace = time.Minute
)

// Rates is how one shard was written while it was sampled.
type Rates struct {
	RecordsPerSecond, BytesPerSecond float64 // bytes of payloads and partition keys
	// WriteLimitShare is the part of the write limit that was taken: of the
	// records' or the bytes', whichever is more.
	WriteLimitShare float64
	HotKeys         []HotKey // the hottest first
	// Hot says that the shard took half of its write limit or more.
	Hot bool
	// SplitAt parts the bytes of a hot shard most evenly; nil where no split does
	// much, and in a stream whose shards the service splits itself.
	SplitAt *lineage.HashKey
}

// HotKey is a partition key and the part of its shard's bytes that it has at
// least.
type HotKey struct {
	PartitionKey string
	Share        float64
}

// SampleOptions say how a stream is sampled.
type SampleOptions struct {
	For time.Duration // more than 0
	// Info, Detail and Log are as in reader.Options.
	Info, Detail func(string)
	Log          *slog.Logger
}

// Sample reads what arrives in the stream's open shards from s.At on, for as
// long as o says, and returns each shard's rates, by ID. Where shards are split or
// merged meanwhile, s is looked at again and has the new ones. It fetches each
// shard twice a second. Errors are those of reader.Reader.Run.
func (s *Stream) Sample(ctx context.Context, client reader.Client, o SampleOptions) (map[string]Rates, error) {
	t := &taker{shards: map[string]*taken{}}
	ro := reader.DefaultOptions()
	ro.Streams = []string{s.Given}
	for _, shard := range s.Open() {
		ro.Shards = append(ro.Shards, shard.ID)
	}
	ro.InitialPosition = record.AtTime(s.At)
	ro.To = record.AtTime(s.At.Add(o.For))
	ro.MinFetchPeriod = samplePeriod
	ro.FetchBufferSize = sampleBuffer
	ro.NoDeaggregate = true // an aggregate is one record of the limits
	ro.RetryFor = sampleGrace / 2
	ro.Timeout = o.For + sampleGrace
	ro.Encode = t.take
	ro.Failing, ro.Detail, ro.Log = o.Info, o.Detail, o.Log
	r, err := reader.New(client, ro)
	if err != nil {
		return nil, err
	}
	err = r.Run(ctx, func(*reader.Batch) error { return nil })
	var late *reader.TimeoutError
	if errors.As(err, &late) && late.Err != nil {
		return nil, &service.GaveUpError{After: late.After, Err: late.Err}
	} else if errors.As(err, &late) {
		return nil, &service.GaveUpError{After: late.After, Err: errors.New("the shards could not be read up to the end of the sample")}
	} else if err != nil {
		return nil, err
	}
	if r.Progress().Throttles > 0 && o.Info != nil {
		o.Info("the sample exceeded the read limit of shards: other consumers read them too; the figures are still complete")
	}
	if slices.ContainsFunc(t.ids(), func(id string) bool { return s.Shards.Shards[id] == nil }) {
		again, err := LookAt(ctx, reader.NewAsker(client, o.Info, o.Log), s.Given)
		if err != nil {
			return nil, err
		}
		*s = *again
	}
	return s.rates(t, o.For), nil
}

// rates are those of the shards that are open or had records.
func (s *Stream) rates(t *taker, span time.Duration) map[string]Rates {
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

// taker takes in the records of a sample.
type taker struct {
	mu     sync.Mutex
	shards map[string]*taken
}

// taken is what was seen of one shard.
type taken struct {
	mu             sync.Mutex
	records, bytes int64
	keys           *sketch
	hashes         hashSample
}

// take is the sample's encoder: it appends nothing, so that nothing is kept.
func (t *taker) take(dst []byte, r record.Record) ([]byte, error) {
	t.mu.Lock()
	s := t.shards[r.ShardID]
	if s == nil {
		s = &taken{keys: newSketch(sketchCapacity), hashes: hashSample{capacity: sampleCapacity}}
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
	// The aggregate's own key says nothing: producers give all of them the same.
	for c := a.Cursor(); c.Next(); {
		if c.BadKey { // read prints such a record with the aggregate's key
			c.Record.PartitionKey = r.PartitionKey
		}
		s.count(c.Record)
	}
	return dst, nil
}

func (s *taken) count(r kpl.Record) {
	size := int64(len(r.Data) + len(r.PartitionKey))
	s.keys.add(r.PartitionKey, size)
	s.hashes.add(r.HashKey(), size)
}

// ids are the shards that had records.
func (t *taker) ids() []string {
	var ids []string
	for id := range t.shards {
		ids = append(ids, id)
	}
	return ids
}

func (s *taken) rates(shard *lineage.Shard, span time.Duration, canSplit bool) Rates {
	r := Rates{RecordsPerSecond: float64(s.records) / span.Seconds(), BytesPerSecond: float64(s.bytes) / span.Seconds()}
	r.WriteLimitShare = max(r.RecordsPerSecond/writeRecords, r.BytesPerSecond/writeBytes)
	for _, key := range s.keys.heaviest(hottest, s.bytes*hottestPerCent/100) {
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

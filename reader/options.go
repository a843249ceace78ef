package reader

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"kin/internal/record"
)

// Options says what to read, from where, and how fast. DefaultOptions has the
// defaults of `kin read`; the zero values of the numbers are refused.
type Options struct {
	// Streams are names or ARNs, each stream once.
	Streams []string
	// InitialPosition applies to streams that the positions do not know yet.
	InitialPosition record.Position

	// MaxRecordsPerFetch is how many records one GetRecords may return, 1 to
	// 10,000 (connector: maxRecordsPerFetch).
	MaxRecordsPerFetch int
	// MaxFetchRate is how fast each shard is fetched, in MiB/s, up to 2
	// (maxFetchRate). +Inf is for endpoints without limits.
	MaxFetchRate float64
	// MinFetchPeriod is the time between the starts of two fetches of a shard,
	// at least 200ms (minFetchPeriod). 0 is for endpoints without limits.
	MinFetchPeriod time.Duration
	// Unlimited says that the endpoint is not the service: it allows a
	// MaxFetchRate of +Inf and a MinFetchPeriod of 0.
	Unlimited bool
	// MaxFetchDuration is how long a batch may collect blocks before it is
	// handed on (maxFetchDuration).
	MaxFetchDuration time.Duration
	// FetchBufferSize bounds the encoded bytes that were fetched and not yet
	// written, over all shards (fetchBufferSize).
	FetchBufferSize int64
	// ShardsPerTask shards are fetched in parallel per task (shardsPerTask);
	// Tasks caps the tasks, 0 for as many as the shards need. Shards beyond
	// their product take turns.
	ShardsPerTask, Tasks int
	// ShardFetchInterval is the time between two looks for new shards
	// (shardFetchInterval).
	ShardFetchInterval time.Duration
	// MaxShardsPerDescribe is the size of a ListShards page, 1 to 10,000
	// (maxShardsPerDescribe).
	MaxShardsPerDescribe int
	// Source makes what delivers a shard's responses, for enhanced fan-out
	// (consumerMode); nil polls. Then MaxRecordsPerFetch, MaxFetchRate,
	// MinFetchPeriod, ShardsPerTask and Tasks mean nothing.
	Source func(*Assignment) Source
	// Silence is the longest time in which a shard without records says that it
	// has none; 0 is what holds when polling.
	Silence time.Duration

	// Shards restricts the run to these shards of its one stream and their
	// descendants; empty is all.
	Shards []string

	// AllowDataLoss goes on from the oldest record left where the positions are
	// older than what the stream retains, in place of a *DataLossError.
	AllowDataLoss bool

	// AvailableNow reads what was there when the run began, and ends.
	AvailableNow bool
	// To reads what arrived up to a time, AtTimestamp or Ago, and ends. The
	// zero value is no bound.
	To record.Position
	// Limit ends the run after that many encoded records; 0 is no limit.
	Limit int64
	// IdleTimeout ends the run, as complete, when no record has come for that
	// long; 0 is never.
	IdleTimeout time.Duration
	// Timeout ends the run after that long; 0 is never. It is a *TimeoutError
	// when a bound was set and not met.
	Timeout time.Duration
	// Began is when Timeout begins; zero is when Run is called.
	Began time.Time
	// NoDeaggregate keeps KPL aggregates as the records they are.
	NoDeaggregate bool
	// HashFilter drops each record of an aggregate whose hash key is outside of the
	// shard's range, and counts it. It is for streams that only KPL producers write
	// to: after a split or a merge they send such records again. A stream with the
	// RecordDistributionStrategy AUTO is an *OptionError.
	HashFilter bool
	// RetryFor bounds how long one call is retried; 0 is for ever once the run
	// is under way, and 30 s for the calls of its start.
	RetryFor time.Duration

	// Encode appends a record as it is written. A record for which it appends
	// nothing is left out. It is called from several goroutines at once; an
	// error ends the run.
	Encode func(dst []byte, r record.Record) ([]byte, error)
	// Line appends a record as a JSON line. What it appends is only counted, for
	// aggregates that expand too far, whatever Encode does. nil counts Encode.
	Line func(dst []byte, r record.Record) ([]byte, error)
	// Positions is where positions are kept; nil keeps them for this run only.
	Positions Positions

	// Observe is called with the progress of the run, on the goroutine of Run; its error ends
	// the run. nil observes nothing.
	Observe func(Observation) error

	// Info reports what a person should know, Detail what only somebody who
	// watches wants to know. Both may be called from several goroutines; nil
	// reports nothing. Report is for what has to be known of the records that were
	// dropped, however quiet the run is; nil is Info.
	Info, Detail, Report func(message string)
	// Failing reports calls that keep failing, or have no answer, and that they
	// pass again; nil is Info.
	Failing func(message string)
	// Log is for those who look for a fault; nil discards it.
	Log *slog.Logger
}

// DefaultOptions are the defaults of `kin read`.
func DefaultOptions() Options {
	return Options{
		MaxRecordsPerFetch:   10_000,
		MaxFetchRate:         1.0,
		MinFetchPeriod:       400 * time.Millisecond,
		MaxFetchDuration:     10 * time.Second,
		FetchBufferSize:      256_000_000,
		ShardsPerTask:        5,
		ShardFetchInterval:   time.Second,
		MaxShardsPerDescribe: 1000,
	}
}

// The service's limits.
const (
	mostRecordsPerFetch   = 10_000
	mostFetchRate         = 2.0
	leastFetchPeriod      = 200 * time.Millisecond
	mostShardsPerDescribe = 10_000
)

// Complete checks every field and returns the options with functions that do
// nothing in place of those that are nil. The error is an *OptionError that names
// the field in words.
func (o Options) Complete() (Options, error) {
	if err := o.validate(); err != nil {
		return o, err
	}
	if o.Info == nil {
		o.Info = func(string) {}
	}
	if o.Report == nil {
		o.Report = o.Info
	}
	if o.Failing == nil {
		o.Failing = o.Info
	}
	if o.Detail == nil {
		o.Detail = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// validate returns an *OptionError for the first field that cannot be used.
func (o Options) validate() error {
	for _, check := range []struct {
		ok          bool
		field, want string
	}{
		{len(o.Streams) > 0, "streams", "at least one"},
		{o.Encode != nil, "encode", "a function"},
		{o.MaxRecordsPerFetch >= 1 && o.MaxRecordsPerFetch <= mostRecordsPerFetch,
			"max records per fetch", "1 to 10000"},
		{o.rateOK(), "max fetch rate", "more than 0 and at most 2.0 MB/s"},
		{o.Unlimited && o.MinFetchPeriod == 0 || o.MinFetchPeriod >= leastFetchPeriod,
			"min fetch period", "200ms or more (0 at an endpoint that is not AWS's)"},
		{o.MaxFetchDuration > 0, "max fetch duration", "more than 0"},
		{o.FetchBufferSize > 0, "fetch buffer size", "more than 0"},
		{o.ShardsPerTask >= 1, "shards per task", "1 or more"},
		{o.Tasks >= 0, "tasks", "0 or more"},
		{o.ShardFetchInterval > 0, "shard fetch interval", "more than 0"},
		{o.MaxShardsPerDescribe >= 1 && o.MaxShardsPerDescribe <= mostShardsPerDescribe,
			"max shards per describe", "1 to 10000"},
		{o.To.Kind == record.Latest || o.To.Kind == record.AtTimestamp || o.To.Kind == record.Ago, "to", "a time such as 2026-11-22T10:00:00Z or an age such as 15m"},
		{o.To.Kind == record.Latest || !o.AvailableNow, "to", "one bound in time; available-now is another"},
		{len(o.Shards) == 0 || len(o.Streams) == 1, "shard", "one stream, whose shards they are"},
		{o.Limit >= 0, "limit", "1 or more"},
		{o.IdleTimeout >= 0, "idle timeout", "0 or more"},
		{o.Timeout >= 0, "timeout", "0 or more"},
		{!o.NoDeaggregate || !o.HashFilter, "hash filter", "aggregates that are expanded; no deaggregate keeps them whole"},
		{o.RetryFor >= 0, "retry for", "0 or more"},
		{o.Silence >= 0, "silence", "0 or more"},
	} {
		if !check.ok {
			return &record.OptionError{Field: check.field, Want: check.want}
		}
	}
	return o.checkStreams()
}

func (o Options) rateOK() bool {
	if o.Unlimited && math.IsInf(o.MaxFetchRate, 1) {
		return true
	}
	return o.MaxFetchRate > 0 && o.MaxFetchRate <= mostFetchRate
}

func (o Options) checkStreams() error {
	seen := map[string]bool{}
	for _, s := range o.Streams {
		name := record.ParseStream(s).Name
		if name == "" {
			return &record.OptionError{Field: "streams", Want: fmt.Sprintf("a name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got %q", s)}
		}
		if seen[name] {
			return &record.OptionError{Field: "streams", Want: fmt.Sprintf("each stream once, got %q twice", name)}
		}
		seen[name] = true
	}
	p := o.InitialPosition
	if p.Kind == record.AtSequenceNumber && len(o.Streams) > 1 {
		return &record.OptionError{Field: "initial position", Want: "a position that holds for every stream; SHARD:SEQUENCE is for one stream"}
	}
	if p.Kind == record.AtSequenceNumber && (p.ShardID == "" || strings.Trim(p.SequenceNumber, "0123456789") != "" || p.SequenceNumber == "") {
		return &record.OptionError{Field: "initial position", Want: "SHARD:SEQUENCE with a decimal sequence number"}
	}
	return nil
}

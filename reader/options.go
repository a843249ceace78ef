package reader

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Options sets what to read, from where, and how fast. DefaultOptions has the defaults of `kin
// read`. A zero value is an error for most of the numbers.
type Options struct {
	// Streams are names or ARNs, each stream once.
	Streams []string
	// InitialPosition applies to streams that have no saved positions.
	InitialPosition record.Position

	// MaxRecordsPerFetch is the Limit of a GetRecords call, 1 to 10,000 (connector:
	// maxRecordsPerFetch).
	MaxRecordsPerFetch int
	// MaxFetchRate limits how fast each shard is fetched, in MiB/s, at most 2 (maxFetchRate). +Inf
	// is for endpoints without limits.
	MaxFetchRate float64
	// MinFetchPeriod is the time between the starts of two fetches of a shard,
	// at least 200ms (minFetchPeriod). 0 is for endpoints without limits.
	MinFetchPeriod time.Duration
	// Unlimited means that the endpoint is not AWS's. It allows a MaxFetchRate of +Inf and a
	// MinFetchPeriod of 0.
	Unlimited bool
	// MaxFetchDuration is how long a batch may collect blocks before the handler gets it
	// (maxFetchDuration).
	MaxFetchDuration time.Duration
	// FetchBufferSize limits the encoded bytes that were fetched and not yet written, over all
	// shards (fetchBufferSize).
	FetchBufferSize int64
	// ShardsPerTask is how many shards a task fetches in parallel (shardsPerTask). Tasks limits the
	// number of tasks; 0 is as many as the shards need. If there are more shards than their
	// product, shards take turns.
	ShardsPerTask, Tasks int
	// ShardFetchInterval is the time between two listings for new shards (shardFetchInterval).
	ShardFetchInterval time.Duration
	// MaxShardsPerDescribe is the size of a ListShards page, 1 to 10,000
	// (maxShardsPerDescribe).
	MaxShardsPerDescribe int
	// Source makes the source of a shard's responses, for enhanced fan-out (consumerMode); nil
	// polls. With a Source, MaxRecordsPerFetch, MaxFetchRate, MinFetchPeriod, ShardsPerTask and
	// Tasks have no effect.
	Source func(*Assignment) Source
	// Silence is the longest time that a healthy shard without records may send no answer. The
	// minimum is 3 s, which is enough when polling.
	Silence time.Duration

	// Shards restricts the run to these shards of its one stream and their descendants; empty reads
	// all.
	Shards []string

	// AllowDataLoss resumes from the oldest retained record if a position is no longer retained.
	// Without it, the run ends with a *DataLossError.
	AllowDataLoss bool

	// AvailableNow reads the records that exist when the run begins, and then ends the run.
	AvailableNow bool
	// To reads the records that arrived up to a time (AtTimestamp or Ago), and then ends the run.
	// The zero value is no bound.
	To record.Position
	// Limit ends the run after that many encoded records; 0 is no limit.
	Limit int64
	// IdleTimeout ends the run successfully after that long without a record; 0 is never.
	IdleTimeout time.Duration
	// Timeout ends the run after that long; 0 is never. If the run has a bound that was not
	// reached, Run returns a *TimeoutError.
	Timeout time.Duration
	// Began is when Timeout begins to count; zero is the start of Run.
	Began time.Time
	// NoDeaggregate does not expand KPL aggregates: each is one record.
	NoDeaggregate bool
	// HashFilter drops and counts each record of an aggregate whose hash key is outside of the
	// shard's range. It is for streams that only KPL producers write to: after a split or a merge
	// they send such records again. With it, a stream with the RecordDistributionStrategy AUTO is
	// a *record.OptionError.
	HashFilter bool
	// RetryFor limits how long one call is retried. 0 is no limit once the run has started, and 30
	// s for the calls at its start.
	RetryFor time.Duration

	// Encode appends an encoded record to dst. A record for which it appends nothing is not counted
	// and not written. It is called from several goroutines at once. An error ends the run.
	Encode func(dst []byte, r record.Record) ([]byte, error)
	// Line appends a record as a JSON line. Its result is only counted, to recognize aggregates
	// that expand too far. nil uses Encode.
	Line func(dst []byte, r record.Record) ([]byte, error)
	// Positions stores the positions; nil keeps them for this run only.
	Positions Positions

	// Observe receives the progress of the run, on the goroutine of Run. An error ends the run. nil
	// observes nothing.
	Observe func(Observation) error

	// Info reports what every user should know, and Detail what a user asks for with --verbose.
	// Report is for dropped records, and is called even if the run is quiet; nil uses Info. All
	// three may be called from several goroutines. A nil Info or Detail discards the message.
	Info, Detail, Report func(message string)
	// Failing reports calls that keep failing or get no answer, and that they succeed again; nil
	// uses Info.
	Failing func(message string)
	// Log receives debug records; nil discards them.
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
	maxRecordsPerFetch   = 10_000
	maxFetchRate         = 2.0
	minFetchPeriod       = 200 * time.Millisecond
	maxShardsPerDescribe = 10_000
)

// Complete checks every field. It returns the options with a function in place of each nil one. The
// error is a *record.OptionError.
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

// validate returns a *record.OptionError for the first field that cannot be used.
func (o Options) validate() error {
	for _, check := range []struct {
		ok          bool
		field, want string
	}{
		{len(o.Streams) > 0, "streams", "at least one"},
		{o.Encode != nil, "encode", "a function"},
		{o.MaxRecordsPerFetch >= 1 && o.MaxRecordsPerFetch <= maxRecordsPerFetch,
			"max records per fetch", "1 to 10000"},
		{o.rateOK(), "max fetch rate", "more than 0 and at most 2.0 MB/s"},
		{o.Unlimited && o.MinFetchPeriod == 0 || o.MinFetchPeriod >= minFetchPeriod,
			"min fetch period", "200ms or more (0 at an endpoint that is not AWS's)"},
		{o.MaxFetchDuration > 0, "max fetch duration", "more than 0"},
		{o.FetchBufferSize > 0, "fetch buffer size", "more than 0"},
		{o.ShardsPerTask >= 1, "shards per task", "1 or more"},
		{o.Tasks >= 0, "tasks", "0 or more"},
		{o.ShardFetchInterval > 0, "shard fetch interval", "more than 0"},
		{o.MaxShardsPerDescribe >= 1 && o.MaxShardsPerDescribe <= maxShardsPerDescribe,
			"max shards per describe", "1 to 10000"},
		{o.To.Kind == record.Latest || o.To.Kind == record.AtTimestamp || o.To.Kind == record.Ago, "to", "a time such as 2026-11-22T10:00:00Z or an age such as 15m"},
		{o.To.Kind == record.Latest || !o.AvailableNow, "to", "either this bound or available-now, not both"},
		{len(o.Shards) == 0 || len(o.Streams) == 1, "shard", "a single stream"},
		{o.Limit >= 0, "limit", "1 or more"},
		{o.IdleTimeout >= 0, "idle timeout", "0 or more"},
		{o.Timeout >= 0, "timeout", "0 or more"},
		{!o.NoDeaggregate || !o.HashFilter, "hash filter", "expanded aggregates, but the option no deaggregate keeps them whole"},
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
	return o.MaxFetchRate > 0 && o.MaxFetchRate <= maxFetchRate
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
		return &record.OptionError{Field: "initial position", Want: "a position that is valid in every stream; SHARD:SEQUENCE is for one stream"}
	}
	if p.Kind == record.AtSequenceNumber && (p.ShardID == "" || strings.Trim(p.SequenceNumber, "0123456789") != "" || p.SequenceNumber == "") {
		return &record.OptionError{Field: "initial position", Want: "SHARD:SEQUENCE with a decimal sequence number"}
	}
	return nil
}

// Positions stores a run's positions and decides which shards this process reads. A checkpoint file
// is one; a lease table shared by many processes would be another. Its methods are called from one
// goroutine.
type Positions interface {
	// Owns reports whether this process reads the shard.
	Owns(stream, shard string) bool
	// Load returns the stored positions. If ctx ends first, the error is its cause.
	Load(ctx context.Context) (checkpoint.File, error)
	// Begin stores the initial positions of the shards of streams, before the first record is read.
	// They are durable when it returns nil.
	Begin(ctx context.Context, streams ...checkpoint.Stream) error
	// Commit stores the positions after a batch that was written. The streams must have begun. They
	// are durable when it returns nil.
	Commit(ctx context.Context, c checkpoint.Commit) error
	// Release releases what Load acquired. The end of a run does not cancel ctx: the store limits
	// its calls itself.
	Release(ctx context.Context) error
}

// orUnsaved returns p, or positions for one run if p is nil.
func orUnsaved(p Positions) Positions {
	if p == nil {
		return unsavedPositions{}
	}
	return p
}

// unsavedPositions keeps positions for one run.
type unsavedPositions struct{}

func (unsavedPositions) Owns(string, string) bool { return true }

func (unsavedPositions) Load(context.Context) (checkpoint.File, error) {
	return checkpoint.File{Version: checkpoint.Version, ID: uuid.NewString()}, nil
}

func (unsavedPositions) Begin(context.Context, ...checkpoint.Stream) error { return nil }

func (unsavedPositions) Commit(context.Context, checkpoint.Commit) error { return nil }

func (unsavedPositions) Release(context.Context) error { return nil }

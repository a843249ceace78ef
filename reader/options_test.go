package reader

import (
	"errors"
	"math"
	"testing"
	"time"

	"kin/internal/record"
)

func TestOptionErrorsNameTheField(t *testing.T) {
	for _, test := range []struct {
		change func(*Options)
		want   string // empty: accepted
	}{
		{func(*Options) {}, ""},
		{func(o *Options) { o.Streams = nil }, "streams: want at least one"},
		{func(o *Options) { o.Streams = []string{"a", "arn:aws:kinesis:us-east-1:000000000000:stream/a"} }, `streams: want each stream once, got "a" twice`},
		{func(o *Options) { o.Streams = []string{"arn:aws:kinesis:us-east-1:000000000000:stream/a/consumer/b:1"} },
			`streams: want a name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got "arn:aws:kinesis:us-east-1:000000000000:stream/a/consumer/b:1"`},
		{func(o *Options) { o.Streams = []string{"or ders"} },
			`streams: want a name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got "or ders"`},
		{func(o *Options) { o.Encode = nil }, "encode: want a function"},
		{func(o *Options) { o.MaxRecordsPerFetch = 0 }, "max records per fetch: want 1 to 10000"},
		{func(o *Options) { o.MaxRecordsPerFetch = 10001 }, "max records per fetch: want 1 to 10000"},
		{func(o *Options) { o.MaxFetchRate = 2 }, ""},
		{func(o *Options) { o.MaxFetchRate = 2.01 }, "max fetch rate: want more than 0 and at most 2.0 MB/s"},
		{func(o *Options) { o.MaxFetchRate = 0 }, "max fetch rate: want more than 0 and at most 2.0 MB/s"},
		{func(o *Options) { o.MaxFetchRate = math.NaN() }, "max fetch rate: want more than 0 and at most 2.0 MB/s"},
		{func(o *Options) { o.MaxFetchRate = math.Inf(1) }, "max fetch rate: want more than 0 and at most 2.0 MB/s"},
		{func(o *Options) { o.MaxFetchRate = math.Inf(1); o.Unlimited = true }, ""},
		{func(o *Options) { o.MinFetchPeriod = 200 * time.Millisecond }, ""},
		{func(o *Options) { o.MinFetchPeriod = 199 * time.Millisecond }, "min fetch period: want 200ms or more (0 at an endpoint that is not AWS's)"},
		{func(o *Options) { o.MinFetchPeriod = 0; o.Unlimited = true }, ""},
		{func(o *Options) { o.MinFetchPeriod = 100 * time.Millisecond; o.Unlimited = true }, "min fetch period: want 200ms or more (0 at an endpoint that is not AWS's)"},
		{func(o *Options) { o.MaxFetchDuration = 0 }, "max fetch duration: want more than 0"},
		{func(o *Options) { o.FetchBufferSize = 0 }, "fetch buffer size: want more than 0"},
		{func(o *Options) { o.ShardsPerTask = 0 }, "shards per task: want 1 or more"},
		{func(o *Options) { o.Tasks = -1 }, "tasks: want 0 or more"},
		{func(o *Options) { o.ShardFetchInterval = 0 }, "shard fetch interval: want more than 0"},
		{func(o *Options) { o.MaxShardsPerDescribe = 10001 }, "max shards per describe: want 1 to 10000"},
		{func(o *Options) { o.Limit = -1 }, "limit: want 1 or more"},
		{func(o *Options) { o.RetryFor = -1 }, "retry for: want 0 or more"},
		{func(o *Options) {
			o.InitialPosition = record.Position{Kind: record.AtSequenceNumber, ShardID: "shardId-1"}
		}, "initial position: want SHARD:SEQUENCE with a decimal sequence number"},
	} {
		o := testOptions()
		test.change(&o)
		_, err := New(nil, o)
		got := ""
		if err != nil {
			var bad *record.OptionError
			if got = err.Error(); !errors.As(err, &bad) {
				t.Errorf("%q is not an OptionError", got)
			}
		}
		if got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestDefaultsAreAsDocumented(t *testing.T) {
	o := DefaultOptions()
	if o.MaxRecordsPerFetch != 10000 || o.MaxFetchRate != 1.0 || o.MinFetchPeriod != 400*time.Millisecond ||
		o.MaxFetchDuration != 10*time.Second || o.ShardsPerTask != 5 || o.ShardFetchInterval != time.Second {
		t.Errorf("defaults %+v", o)
	}
}

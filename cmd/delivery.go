package cmd

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/internal/record"
	"kin/writer"
)

// deliveryOptions are the flags that say how records are written, whatever
// they come from.
type deliveryOptions struct {
	retryFor, linger, grace flags.Duration
	ordered, aggregate      bool
	compress                flags.Compression
	rate                    flags.WriteRate
	failed                  flags.Text
}

func defaultDeliveryOptions() deliveryOptions {
	d := writer.DefaultOptions()
	return deliveryOptions{
		retryFor: flags.Duration(d.RetryFor), linger: flags.Duration(d.Linger), grace: flags.Duration(d.Grace),
		failed: flags.Text{Kind: "the name of a file"},
	}
}

func (o *deliveryOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.ordered, "ordered", false, "keep the order of the records of each partition key through failures and reshards")
	f.Var(&o.retryFor, "retry-for", "give up on a record after this long (0: do not retry)")
	f.Var(&o.failed, "failed", "append records that are given up to this `file`, as they came, and go on")
	f.Var(&o.linger, "linger", "how long a record may wait for others to share its request")
	f.Var(&o.rate, "rate", "write at most so many records or bytes a second, over all shards: 100/s, 1mb/s")
	f.BoolVar(&o.aggregate, "aggregate", false, "pack records of the same partition key into aggregates of the Kinesis Producer Library")
	f.Var(&o.compress, "compress", "compress each payload: gzip or zstd")
	f.Var(&o.grace, "grace", "how long a stopped run may still take to write what it has read")
}

// apply puts the flags into the core's options.
func (o *deliveryOptions) apply(wo *writer.Options) {
	wo.RetryFor, wo.Linger, wo.Grace = time.Duration(o.retryFor), time.Duration(o.linger), time.Duration(o.grace)
	wo.Ordered, wo.Aggregate = o.ordered, o.aggregate
	wo.RecordRate, wo.ByteRate, wo.Unshaped = o.rate.Records, o.rate.Bytes, o.rate.Unlimited
}

// aggregateRecords and aggregateBytes are how much goes under one random key
// when records are to be aggregated: about as much as an aggregate holds.
const (
	aggregateRecords = 500
	aggregateBytes   = 48 << 10
)

// sharedKeys gives random partition keys to records that have none and are to be
// aggregated: records of one aggregate have one key.
func sharedKeys() func(context.Context, *record.Record) error {
	key, records, bytes := "", 0, 0
	return func(_ context.Context, r *record.Record) error {
		if records++; key == "" || records > aggregateRecords || bytes+len(r.Data) > aggregateBytes {
			key, records, bytes = writer.RandomKey(), 1, 0
		}
		bytes += len(r.Data)
		r.PartitionKey = key
		return nil
	}
}

// check refuses what the endpoint does not allow.
func (o *deliveryOptions) check(endpoint string) error {
	if o.rate.Unlimited && !isOwnEndpoint(endpoint) {
		return console.Usage("--rate unlimited: the limits of a shard are lifted only for endpoints outside of AWS; want a rate such as 100/s or 1mb/s")
	}
	return nil
}

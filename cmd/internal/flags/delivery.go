package flags

import (
	"time"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/internal/awsclient"
	"kin/writer"
)

// Delivery are the flags that say how records are written, whatever
// they come from.
type Delivery struct {
	RetryFor, Linger, Grace Duration
	Ordered, Aggregate      bool
	Compress                Compression
	Rate                    WriteRate
	Failed                  Text
}

// DefaultDelivery has the defaults of the core.
func DefaultDelivery() Delivery {
	d := writer.DefaultOptions()
	return Delivery{
		RetryFor: Duration(d.RetryFor), Linger: Duration(d.Linger), Grace: Duration(d.Grace),
		Failed: Text{Kind: "the name of a file"},
	}
}

// AddFlags gives a command these flags.
func (o *Delivery) AddFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.Ordered, "ordered", false, "keep the order of the records of each partition key through failures and reshards")
	f.Var(&o.RetryFor, "retry-for", "give up on a record after this long (0: do not retry)")
	f.Var(&o.Failed, "failed", "append records that are given up to this `file`, as they came, and go on")
	f.Var(&o.Linger, "linger", "how long a record may wait for others to share its request")
	f.Var(&o.Rate, "rate", "write at most so many records or bytes a second, over all shards: 100/s, 1mb/s")
	f.BoolVar(&o.Aggregate, "aggregate", false, "pack records of the same partition key into aggregates of the Kinesis Producer Library")
	f.Var(&o.Compress, "compress", "compress each payload: gzip or zstd")
	f.Var(&o.Grace, "grace", "how long a stopped run may still take to write what it has read")
}

// Apply puts the flags into the core's options.
func (o *Delivery) Apply(wo *writer.Options) {
	wo.RetryFor, wo.Linger, wo.Grace = time.Duration(o.RetryFor), time.Duration(o.Linger), time.Duration(o.Grace)
	wo.Ordered, wo.Aggregate = o.Ordered, o.Aggregate
	wo.RecordRate, wo.ByteRate, wo.Unshaped = o.Rate.Records, o.Rate.Bytes, o.Rate.Unlimited
}

// Check refuses what the endpoint does not allow.
func (o *Delivery) Check(endpoint string) error {
	if o.Rate.Unlimited && !awsclient.IsOutsideAWS(endpoint) {
		return console.Usage("--rate unlimited: the limits of a shard are lifted only for endpoints outside of AWS; want a rate such as 100/s or 1mb/s")
	}
	return nil
}

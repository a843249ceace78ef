package flags

import (
	"time"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/internal/awsclient"
	"kin/writer"
)

// Delivery are the flags of write and copy about how records are written.
type Delivery struct {
	RetryFor, Linger, Grace Duration
	Ordered, Aggregate      bool
	Compress                Compression
	Rate                    WriteRate
	Failed                  Text
}

// DefaultDelivery returns the defaults of writer.Options.
func DefaultDelivery() Delivery {
	d := writer.DefaultOptions()
	return Delivery{
		RetryFor: Duration(d.RetryFor), Linger: Duration(d.Linger), Grace: Duration(d.Grace),
		Failed: Text{Kind: "the name of a file"},
	}
}

// AddFlags adds these flags to a command.
func (o *Delivery) AddFlags(f *pflag.FlagSet) {
	g := GroupWriting.In(f)
	g.Bool(&o.Ordered, "ordered", Help{
		Short: "keep the order of each partition key through failures",
		Full:  "Keep the order of the records of each partition key through failures and reshards. Each request then has at most one record of a key. --aggregate packs many records of a key into one.",
	})
	g.Var(&o.RetryFor, "retry-for", Help{
		Short: "retry a record for this long",
		Full:  "Retry a record for at most this long; after that it counts as a record that cannot be written. 0 means no retries.",
	})
	g.Var(&o.Failed, "failed", Help{
		Short: "append records that cannot be written to this file", Value: "file",
		Full: "Append records that cannot be written to this file, unchanged, and continue. Without it such a record ends the run.",
	})
	g.Var(&o.Linger, "linger", Help{
		Short: "let a record wait this long for others",
		Full:  "Let a record wait at most this long for others to share its request.",
	})
	g.Var(&o.Rate, "rate", Help{
		Short: "write at most this much a second, such as 100/s or 1mb/s",
		Full: "Write at most this many records or bytes a second, over all shards, such as 100/s or 1mb/s. " +
			"kin also stays within the limits of each shard. The value unlimited removes these limits; it needs an endpoint outside of AWS.",
	})
	g.Bool(&o.Aggregate, "aggregate", Help{
		Short: "pack records of one partition key into KPL aggregates",
		Full:  "Pack records of the same partition key into aggregates of the Kinesis Producer Library (KPL).",
	})
	g.Var(&o.Compress, "compress", Help{
		Short: "compress each payload with gzip or zstd",
		Full:  "Compress each payload with gzip or zstd.",
	})
	g.Var(&o.Grace, "grace", Help{
		Short: "keep writing this long after a stop",
		Full:  "After a stop, keep writing the records that were read, for at most this long. A second signal ends the run at once if it comes at least 1s after the first.",
	})
}

// Apply sets the flags in wo.
func (o *Delivery) Apply(wo *writer.Options) {
	wo.RetryFor, wo.Linger, wo.Grace = time.Duration(o.RetryFor), time.Duration(o.Linger), time.Duration(o.Grace)
	wo.Ordered, wo.Aggregate = o.Ordered, o.Aggregate
	wo.RecordRate, wo.ByteRate, wo.Unshaped = o.Rate.Records, o.Rate.Bytes, o.Rate.Unlimited
}

// Check returns a *console.UsageError if the endpoint does not allow --rate unlimited.
func (o *Delivery) Check(endpoint string) error {
	if o.Rate.Unlimited && !awsclient.IsOutsideAWS(endpoint) {
		return console.Usage("--rate unlimited is only for endpoints outside of AWS; want a rate such as 100/s or 1mb/s")
	}
	return nil
}

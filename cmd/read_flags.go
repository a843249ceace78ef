package cmd

import (
	"strings"

	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
	"kin/format"
)

// addFlags adds all flags that read and tail share.
func (o *readOptions) addFlags(f *pflag.FlagSet) {
	o.addSourceFlags(f)
	out := flags.GroupOutput.In(f)
	out.Bool(&o.noDeaggregate, "no-deaggregate", flags.Help{
		Short: "keep KPL aggregates whole",
		Full:  "Print KPL aggregates as the records that they are in the stream, in place of the records inside.",
	})
	out.Var(&o.data, "data", flags.Help{
		Short: "payload form: " + strings.Join(format.DataModeNames(), ", "),
		Full:  "How to print payloads: " + orList(format.DataModeNames()) + ". A payload that does not fit ends the run. kin help format explains the forms.",
	})
	o.addFetchFlags(f)
	flags.GroupFetching.In(f).Var(&o.retryFor, "retry-for", flags.Help{
		Short: "give up on a call that fails this long",
		Full:  "Give up on a call that fails for this long, with exit code 5. Without it kin retries for ever, but gives up on the calls at the start after 30s.",
	})
}

// orList joins names with commas and a final "or".
func orList(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// addSourceFlags adds the flags that select the records to read.
func (o *readOptions) addSourceFlags(f *pflag.FlagSet) {
	flags.AddPositionFlags(f, &o.position)
	position := flags.GroupPosition.In(f)
	position.Var(&o.checkpoint, "checkpoint", flags.Help{
		Short: "resume from this file, and save progress in it", Value: "file",
		Full: "Resume where the last run with this file stopped, and save the position in it after each batch. A file that does not exist is created.",
	})
	position.Bool(&o.allowDataLoss, "allow-data-loss", flags.Help{
		Short: "resume even if unread records have expired",
		Full:  "Resume from the oldest record that is left if the checkpoint is older than the stream's retention period. Without it such a run ends with exit code 6.",
	})
	position.Var(&o.shards, "shard", flags.Help{
		Short: "read this shard and its descendants (repeatable)", Value: "shard",
		Full: "Read only this shard of the stream and its descendants. It can be repeated.",
	})
	o.Bounds.AddFlags(f)
	out := flags.GroupOutput.In(f)
	out.Bool(&o.hashFilter, "hash-filter", flags.Help{
		Short: "drop KPL records that are in the wrong shard",
		Full: "Drop the records of KPL aggregates whose hash keys are outside of their shard's range, and report how many. " +
			"It is only for streams that KPL producers alone write to: they send such records again, others do not.",
	})
	out.Bool(&o.noHashFilter, "no-hash-filter", flags.Help{
		Short: "keep all KPL records, as without --hash-filter",
		Full:  "Keep all records of KPL aggregates, as without --hash-filter. It overrides a setting.",
	})
}

// addFetchFlags adds the flags about fetching, stream consumers and metrics.
func (o *readOptions) addFetchFlags(f *pflag.FlagSet) {
	g := flags.GroupFetching.In(f)
	g.Int(&o.records, "max-records-per-fetch", flags.Help{
		Short: "fetch N records at most", Value: "N",
		Full: "Fetch at most N records in one call, 1 to 10000.",
	})
	g.Var(&o.rate, "max-fetch-rate", flags.Help{
		Short: "fetch a shard at most this fast",
		Full:  "Fetch each shard at most this fast, up to 2.0 MB/s. More than 1.0 leaves other readers less than half.",
	})
	g.Var(&o.period, "min-fetch-period", flags.Help{
		Short: "wait between two fetches",
		Full:  "Wait at least this long between two fetches of a shard, 200ms or more.",
	})
	g.Var(&o.duration, "max-fetch-duration", flags.Help{
		Short: "collect records this long",
		Full:  "Collect records for at most this long before they are written. They are written at once when every shard is at its tip.",
	})
	g.Bool(&o.lowLatency, "low-latency", flags.Help{
		Short: "fetch as often as the service allows",
		Full: "Fetch as often as the service allows. It is for the only reader of a stream, and means --min-fetch-period 210ms, " +
			"--max-fetch-rate 2 and --max-fetch-duration 200ms where these are not given.",
	})
	g.Var(&o.buffer, "fetch-buffer-size", flags.Help{
		Short: "hold at most this much data",
		Full:  "Hold at most this much data that was fetched and not yet written. kin's memory follows it. The connector's 20gb is for a cluster.",
	})
	g.Int(&o.shardsPerTask, "shards-per-task", flags.Help{
		Short: "fetch N shards at once in a task", Value: "N",
		Full: "Fetch N shards in parallel in each task.",
	})
	g.Var(&o.tasks, "tasks", flags.Help{
		Short: "use at most N tasks", Value: "N", Default: "as needed",
		Full: "Use at most N tasks. Without it there are as many as the shards need. With fewer, shards take turns.",
	})
	g.Var(&o.shardInterval, "shard-fetch-interval", flags.Help{
		Short: "look for new shards this often",
		Full:  "Look for new shards this often.",
	})
	g.Int(&o.pageSize, "max-shards-per-describe", flags.Help{
		Short: "list N shards a page", Value: "N",
		Full: "List at most N shards in one page of ListShards, 1 to 10000.",
	})
	o.fanOutOptions.addFlags(f)
	out := flags.GroupOutput.In(f)
	out.Var(&o.metrics, "metrics", flags.Help{
		Short: "append a JSON line about each batch to this file", Value: "file",
		Full: "Append a JSON line about each batch to this file, in the shape of a streaming query's progress. - means stderr.",
	})
	out.Var(&o.metricsListen, "metrics-listen", flags.Help{
		Short: "serve Prometheus metrics at this address",
		Full:  "Serve metrics for Prometheus at this address, such as 127.0.0.1:9464, under /metrics.",
	})
}

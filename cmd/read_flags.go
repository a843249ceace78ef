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
		Full:  "Print each KPL aggregate as one record, in place of the records inside.",
	})
	out.Var(&o.data, "data", flags.Help{
		Short: "payload form: " + strings.Join(format.DataModeNames(), ", "),
		Full:  "How to print payloads: " + orList(format.DataModeNames()) + ". A payload that does not fit ends the run. kin help format explains the forms.",
	})
	o.addFetchFlags(f)
	flags.GroupFetching.In(f).Var(&o.retryFor, "retry-for", flags.Help{
		Short: "end when a call fails this long",
		Full:  "End with exit code 5 if a call fails for this long. Without this flag kin retries without limit; only the calls at the start end after 30s.",
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
			"Use it only if KPL producers alone write to the stream: other producers do not send such records again, so they would be lost.",
	})
	out.Bool(&o.noHashFilter, "no-hash-filter", flags.Help{
		Short: "keep all KPL records, as without --hash-filter",
		Full:  "Keep all records of KPL aggregates. It overrides hash-filter = true in the settings.",
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
		Full:  "Fetch each shard at most this fast, up to 2.0 MB/s. Above 1.0, other readers get less than half of the shard's rate. An endpoint outside of AWS also allows unlimited.",
	})
	g.Var(&o.period, "min-fetch-period", flags.Help{
		Short: "minimum time between fetches",
		Full:  "Wait at least this long between two fetches of a shard. The minimum is 200ms; an endpoint outside of AWS allows 0s.",
	})
	g.Var(&o.duration, "max-fetch-duration", flags.Help{
		Short: "collect records this long",
		Full:  "Collect records for at most this long before they are written. They are written at once when every shard is at its tip.",
	})
	g.Bool(&o.lowLatency, "low-latency", flags.Help{
		Short: "fetch as often as the service allows",
		Full: "Fetch as often as the service allows. Use it only if nothing else reads the stream. It means --min-fetch-period 210ms, " +
			"--max-fetch-rate 2 and --max-fetch-duration 200ms, unless these are given.",
	})
	g.Var(&o.buffer, "fetch-buffer-size", flags.Help{
		Short: "hold at most this much data",
		Full:  "Hold at most this much data that was fetched and not yet written. This limit decides how much memory kin uses (kin help tuning). The Databricks connector's default of 20gb is for a cluster.",
	})
	g.Int(&o.shardsPerTask, "shards-per-task", flags.Help{
		Short: "fetch N shards at once in a task", Value: "N",
		Full: "Fetch N shards in parallel in each task.",
	})
	g.Var(&o.tasks, "tasks", flags.Help{
		Short: "use at most N tasks", Value: "N", Default: "as needed",
		Full: "Use at most N tasks. Without this flag kin fetches all shards in parallel. With too few tasks, shards take turns.",
	})
	g.Var(&o.shardInterval, "shard-fetch-interval", flags.Help{
		Short: "list the shards this often",
		Full:  "List the shards this often, to find new ones.",
	})
	g.Int(&o.pageSize, "max-shards-per-describe", flags.Help{
		Short: "list N shards a page", Value: "N",
		Full: "List at most N shards in one page of ListShards, 1 to 10000.",
	})
	o.fanOutOptions.addFlags(f)
	out := flags.GroupOutput.In(f)
	out.Var(&o.metrics, "metrics", flags.Help{
		Short: "append a JSON line about each batch to this file", Value: "file",
		Full: "Append a JSON line about each batch to this file, in the form of a Spark streaming query's progress. - means stderr.",
	})
	out.Var(&o.metricsListen, "metrics-listen", flags.Help{
		Short: "serve Prometheus metrics at this address",
		Full:  "Serve metrics for Prometheus at this address, such as 127.0.0.1:9464, under /metrics.",
	})
}

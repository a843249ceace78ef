// Package manual has the help that no single command has: its topics, the options of
// the connector beside the flags, and how a command's help is laid out.
package manual

import (
	"strings"

	"kin/cmd/internal/console"

	"github.com/spf13/cobra"
)

// NewHelp is `kin help`: of a command, of a topic, or of kin.
func NewHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND|TOPIC]",
		Short:   "Help about a command or a topic",
		Example: "  kin help read\n  kin help exit-codes",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return console.UsageHint("kin help lists the commands and topics", "no help about %q", strings.Join(args, " "))
			}
			c.InitDefaultHelpFlag()
			c.InitDefaultVersionFlag()
			return c.Help()
		},
	}
}

// Topics are the pages of `kin help` that belong to no single command.
func Topics(root *cobra.Command) []*cobra.Command {
	return []*cobra.Command{
		{Use: "format", Short: "What a JSON line of kin read holds", Long: formatHelp},
		{Use: "options", Short: "The Databricks connector's options and kin's flags", Long: OptionsHelp(root)},
		{Use: "settings", Short: "Variables and the configuration file", Long: SettingsHelp},
		{Use: "tuning", Short: "Latency, throughput, rate limits and memory", Long: tuningHelp},
		{Use: "exit-codes", Short: "The exit codes of kin", Long: exitCodesHelp},
	}
}

const formatHelp = `kin read, and kin tail in a pipe, print one JSON object a line. Its members are
always in this order; a line break is never inside:

  stream                       the stream's name
  shardId
  sequenceNumber               decimal, as text: it has more digits than a double
  subSequenceNumber            the index in a KPL aggregate; only out of one
  partitionKey
  explicitHashKey              only out of a KPL aggregate: the service does not
                               return those of plain records
  approximateArrivalTimestamp  RFC 3339, UTC, milliseconds
  dataEncoding                 json, text or base64: what data is
  data                         the payload

With --data auto, a payload that is a JSON object or array in valid UTF-8 is
embedded as it was written (json); only line breaks are taken out of it. Other
valid UTF-8 is a string (text), and so are JSON's scalars. Anything else is
base64. Only JSON that strict parsers read back is embedded: no half of a
surrogate pair, no number beyond a double, and at most 254 levels, where an
object counts as two (jq 1.6 reads no more).
--data json, text or base64 asks for one of them; a payload that does not fit
ends the run (exit 1), and the message names its shard and sequence number.

The records of a KPL aggregate are printed one by one, all of them. After a
split or a merge, a KPL producer sends records again that were in an aggregate
for the wrong shard, and they are printed twice. --hash-filter drops each record
whose hash key is outside of its shard's range, and reports how many. Use it only
where KPL producers alone write to the stream: other producers send nothing
again, and the filter loses their records. A stream with the
RecordDistributionStrategy AUTO refuses it (exit 2). --no-hash-filter is the
default. A record of an aggregate whose partition key Kinesis does not accept is
printed with the aggregate's, and kin reports it. An aggregate that expands to
more than 64 MiB and more than 256 times its size is printed as one record.

kin write --input records reads these lines back. With --data base64 every byte
makes the way there and back.`

const tuningHelp = `The defaults let two readers of any kind share a stream without meeting its
limits. A shard gives 5 fetches and 2 MB a second to all its readers together.

MORE READERS
  Take less: --max-fetch-rate 0.5 --min-fetch-period 1s. Or read through a
  consumer, which has 2 MB a second of each shard for itself and is billed: --efo.

LOW LATENCY
  kin tail waits at most 200ms for more records, kin read 10s; both print at
  once when every shard is at its tip. For the only reader of a stream,
  --low-latency fetches every 210ms and up to 2 MB a second. A run with
  --available-now and short waits may fail to keep up with the newest records.
  With --efo records come within milliseconds, whoever else reads the stream.

RATE LIMITS
  "Hit rate limit. Sleeping for 5 seconds." means that a shard refused a fetch.
  kin then asks it for half as many records, grows back with each success, and
  reads the other shards meanwhile; for some minutes it fetches that shard every
  600ms at most, which leaves room for another reader. While a run catches up this is normal. When
  records keep coming every 5 seconds, something else reads the stream too:
  lower --max-fetch-rate, raise --min-fetch-period, or add shards.

THROUGHPUT
  All shards are fetched in parallel, each at --max-fetch-rate, while the last
  batch is being written. --tasks caps how many: with fewer than a fifth of the
  shards (--shards-per-task 5), shards take turns, and each is read more slowly.

MEMORY
  --fetch-buffer-size bounds what has been fetched and not yet written; memory
  follows it. When stdout or --exec does not keep up the buffer fills and
  fetching stops until there is room: nothing is dropped, and nothing is spilled
  to disk. A larger buffer helps against bursts, not against a slow output.
  kin has at most that much in memory, 30 % and 40 MB more. A record that is
  larger than the buffer once it is printed counts as the buffer: 10 MiB of
  control characters become a line of 63 MB, and kin then has up to 123 MB.

A BOUND IN TIME
  --available-now and --to go by the arrival times of records, which are not in
  strict order. A shard is printed up to its last record within the bound. A
  record that arrived later and has such a record behind it is printed too: the
  position is one place in a shard, and the next run begins there. kin ends a
  shard when the service shows that it is beyond the bound: with an answer that
  is empty, or with two in a row that have only later records. Those are left to
  the next run. A shard that was closed before the bound is read to its end.

A RUN THAT READS NOTHING
  --available-now reads what is there when the run begins, from the checkpoint
  or --from on. From latest that is nothing.`

const exitCodesHelp = `kin ends with one of these codes:

    0  done; also: limit reached, nothing found, stdout closed
    1  failed, or any record or item failed; also: kin doctor found something, or
       kin checkpoint verify could not make all of its checks
    2  wrong usage
    3  stream, shard or consumer not found
    4  access denied, or no credentials
    5  gave up on throttling or time-outs, or --timeout came before the bound or,
       without one, before any shard gave a usable answer
    6  a checkpoint that cannot be used
    7  a condition that was asked for does not hold (--fail-on-empty, --expect,
       --max of kin lag)
    8  held by another run
  129  stopped by SIGHUP, after a clean stop
  130  stopped by SIGINT, after a clean stop
  131  stopped by SIGQUIT (Ctrl-\), after a clean stop
  143  stopped by SIGTERM, after a clean stop

The first signal stops a run cleanly: what was written is committed, nothing
else is. Signals within a second of the first are ignored, for supervisors
deliver a stop twice. A later one ends the run at once; a SIGQUIT then prints
Go's goroutines. kill -9 ends it at any time. What ends a run at once leaves its
consumer registered.`

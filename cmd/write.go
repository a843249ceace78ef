package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/report"
	"kin/internal/input"
	"kin/internal/words"
	"kin/writer"
)

func newWrite(e *env) *cobra.Command {
	o := defaultWriteOptions()
	c := &cobra.Command{
		Use:   "write STREAM [FILE...]",
		Short: "Write lines or records to a stream",
		Long: `Write records to a stream, from FILEs or, without any or for -, from stdin.

STREAM is a name or an ARN. What a record is, --input says:

  lines    each line: an empty line is an empty record, a carriage return
           before the newline is kept (--chomp takes it away), and the last
           line needs no newline
  records  the lines that kin read prints: partition key, explicit hash key
           and payload are restored from them
  json     JSON values, one behind the other, over as many lines as they like;
           each is written with its own bytes
  csv      the rows below a header (RFC 4180), as JSON objects of strings
  raw      each file as it is; with --delimiter or -0 what ends with that

What gzip or zstd compressed is read as what it holds, also from stdin
(--no-decompress keeps its bytes). A record longer than the stream takes, and
one that has no key where the flags look for it, is rejected by its number,
counted from 1 over all files.

Records are written at least once. What fails of a request is retried alone, and
a shard that refuses records does not hold up the others. A record that is not
accepted within --retry-for, or never can be, ends the run; with --failed it goes
to that file as it came, and the run goes on. The exit code is 0 when every record
was written.

Several requests are in flight at a time, but never two with records of the same
partition key, so those keep their order as long as none of them fails:
PutRecords itself promises no order among the records of one request. --ordered
keeps it whatever fails, with one record of a key in a request; with --aggregate
too, which puts many records of a key into one, that costs little. Records of
different keys have no order.

A record waits at most --linger for others, so tail -f file | kin write orders is
live. What goes to a shard is held back to what a shard takes: 1,000 records and
1 MiB a second. With an endpoint outside of AWS, --rate unlimited lifts that.

One line on stderr says what was written (-v: on each shard too); if that is not
everything, another says up to which record of the input everything is, and
--skip with that number goes on there. The first signal ends the reading of the
input, and what was read is written for up to --grace; one that comes more than a
second later ends the run at once. stdout stays empty but for --report and --dry-run:

  {"record":7,"shardId":"shardId-000000000000","sequenceNumber":"4964..."}
  {"record":8,"errorCode":"Rejected","errorMessage":"not JSON"}`,
		Example: `  kin write orders orders.ndjson.gz --key-field /user/id
  kin write orders orders.csv --input csv --key-jq '"\(.region)-\(.id)"'
  tail -f app.log | kin write logs --partition-key web-1
  kin read orders --from trim_horizon --available-now --data base64 | kin write copy --input records
  kin write orders orders.ndjson --failed failed.ndjson --report > report.jsonl`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return console.UsageHint("for example: "+c.CommandPath()+" orders orders.ndjson", "%s needs the name or ARN of a stream", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.stream, o.files = args[0], args[1:]
			o.Given = c.Flags().Changed
			return runWrite(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	return c
}

func runWrite(ctx context.Context, e *env, o *writeOptions) (err error) {
	wo, err := o.writer()
	if err != nil {
		return err
	}
	in, err := o.newInput(e.In)
	if err != nil {
		return err
	}
	var failed *input.Rejected
	if o.Failed.Text != "" {
		if failed, err = input.OpenRejected(ctx, o.Failed.Text, in.Ending, in.Names, e.In, e.Out); err != nil {
			return err
		}
		if err := failed.Suits(in, o.skip > 0); err != nil {
			return err
		}
		wo.Rejected = failed.Add
		defer func() { err = e.closed(ctx, err, failed.Close()) }()
	}
	client, err := e.kinesis(ctx, o.stream)
	if err != nil {
		return err
	}
	if err := o.Delivery.Check(client.Endpoint); err != nil {
		return err
	}
	if err := o.resolveHashKey(ctx, client, in, e.Info); err != nil {
		return err
	}
	wo.Info, wo.Log = e.Info, e.Log
	var printed *report.Written
	if o.report || o.dryRun {
		if printed, ctx, err = report.OpenWritten(ctx, e.Console); err != nil {
			return err
		}
		defer printed.Out.Close()
	}
	if o.report {
		wo.Report = printed.Results
	}
	w, err := writer.New(client, wo)
	if err != nil {
		return wrongOption(err)
	}
	if in.ReadsStdin() && console.IsTerminal(e.In) {
		e.Info("reading records from the terminal, one a line; end with Ctrl-D (on Windows Ctrl-Z, Enter)")
	}
	if o.dryRun {
		return dryRun(ctx, e, w, in, printed, int64(o.skip))
	}
	return write(ctx, e, w, in, failed, o)
}

// write runs w and says what became of the input.
func write(ctx context.Context, e *env, w *writer.Writer, in *input.Files, failed *input.Rejected, o *writeOptions) error {
	next := in.Next
	if failed != nil {
		next = failed.Follow(in, int64(o.skip))
	}
	stop := e.WatchSecondSignal(ctx, w, time.Duration(o.Grace))
	bar := report.StartBar(e.Console, in, w, int64(o.skip), !(o.report && console.IsTerminal(e.Out)))
	sum, err := w.Run(ctx, next)
	bar.Stop()
	stop()
	if err != nil && sum.Read == 0 && !in.WasOpened() && ctx.Err() == nil {
		return wrongOption(err) // it never began
	}
	e.Info(report.Wrote(sum, o.stream))
	report.PrintShards(e.Console, w.Shards(), o.stream)
	if n := in.CountWithoutArrival(); o.pace > 0 && n > 0 {
		e.Info("--pace did not wait for " + words.Count(n, "record") + " without an arrival time")
	}
	if o.Given("shard") {
		report.PrintElsewhere(e.Console, w.Shards(), o.Shard.Text)
	}
	if err == nil && sum.Read < int64(o.skip) {
		return wrongSkip(sum.Read, int64(o.skip))
	}
	if err != nil && (sum.Read > 0 || ctx.Err() == nil) {
		e.Print(report.ProgressOf(sum, o.Failed.Text, int64(o.skip)))
	}
	report.PrintFailing(ctx, e.Console, w)
	if err == nil && failed != nil {
		return failed.Verdict(sum.Read - int64(o.skip))
	}
	if errors.Is(err, console.ErrStdoutClosed) {
		return report.ErrReportClosed
	}
	return err
}

// dryRun prints what would become of the input.
func dryRun(ctx context.Context, e *env, w *writer.Writer, in *input.Files, printed *report.Written, skip int64) error {
	sum, err := w.DryRun(ctx, in.Next, printed.Preview)
	if flushed := printed.Flush(); err == nil {
		err = flushed
	}
	if errors.Is(err, report.ErrReportClosed) || errors.Is(err, console.ErrStdoutClosed) {
		return console.ErrStdoutClosed // whoever reads it has had enough, and nothing is missing for it
	}
	if err != nil && sum.Read == 0 && ctx.Err() == nil {
		return wrongOption(err)
	}
	if err == nil && sum.Read < skip {
		return wrongSkip(sum.Read, skip)
	}
	e.Info(fmt.Sprintf("dry run: %s, %s of them would be rejected; nothing was written", words.Count(max(0, sum.Read-skip), "record"), humanize.Comma(sum.Rejected)))
	return err
}

// wrongSkip is the error of an input that ends before the records that are to be
// passed over do.
func wrongSkip(read, skip int64) error {
	return fmt.Errorf("the input has %s, fewer than --skip %s: is it the one that was written before?", words.Count(read, "record"), humanize.Comma(skip))
}

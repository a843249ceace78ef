package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/manual"
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
		Long: `Use it to load files into a stream, to feed the stream from a pipe, or to write
back what kin read printed. Without FILE, or for -, it reads stdin.

STREAM is a name or an ARN. --input defines what one record of the input is:

  lines    Each line. An empty line is an empty record. A carriage return before
           the newline is kept; --chomp removes it. The last line needs no
           newline.
  records  Each line in the form that kin read prints. Partition key, explicit
           hash key and payload are restored.
  json     Each JSON value, also one of several lines. Its bytes are kept.
  csv      Each row below a header (RFC 4180), as a JSON object of strings.
  raw      Each file. --delimiter or -0 splits it.

gzip and zstd input is decompressed, from stdin too; --no-decompress keeps its
bytes. A record that is longer than the stream allows is rejected. A record
without the key that a flag selects is rejected, too. The message gives the
record's number, counted from 1 over all files.

Records are written at least once. kin retries only the records that failed, and
a shard that refuses records does not delay the others. A record that is not
accepted within --retry-for, or that cannot be accepted at all, ends the run.
With --failed it goes to that file unchanged, and the run continues. The exit
code is 0 only if every record was written.

Several requests are in flight at a time, but never two with records of the same
partition key. So records of a key in different requests keep their order as
long as none of them fails. PutRecords promises no order among the records of
one request. --ordered keeps the order in both cases, with one record of a key
in a request. That costs little with --aggregate, which packs many records of a
key into one. Records of different keys have no order.

A record waits at most --linger for others, so the output of tail -f is written
at once. Each shard gets at most what it accepts: 1,000 records and 1 MiB a
second. With an endpoint outside of AWS, --rate unlimited removes this limit.

A line on stderr reports what was written; -v adds a line for each shard. If the
run ends early, another line gives a record number: all records up to it were
written, or are in the file of --failed. --skip with that number resumes after
it.

After the first signal kin reads no more input, and writes what it has read, for
at most --grace. A signal that comes more than a second later ends the run at
once. stdout stays empty, except with --report or --dry-run, which print a JSON
line for each record:

  {"record":7,"shardId":"shardId-000000000000","sequenceNumber":"4964..."}
  {"record":8,"errorCode":"Rejected","errorMessage":"not JSON"}`,
		Example: `  # Write each line of a file, with the key from a field of its JSON.
  kin write orders orders.ndjson.gz --key-field /user/id
  # Follow a log.
  tail -f app.log | kin write logs --partition-key web-1
  # Write the rows of a CSV file, with a key of two columns.
  kin write orders orders.csv --input csv --key-jq '"\(.region)-\(.id)"'`,
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
	manual.SetCommon(c, "input", "partition-key", "key-field", "key-jq", "shard", "rate", "failed", "skip", "report", "dry-run")
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
		if err := failed.CheckInputs(in, o.skip > 0); err != nil {
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

// write runs w, and reports what was written.
func write(ctx context.Context, e *env, w *writer.Writer, in *input.Files, failed *input.Rejected, o *writeOptions) error {
	next := in.Next
	if failed != nil {
		next = failed.NextFunc(in, int64(o.skip))
	}
	stop := e.WatchSecondSignal(ctx, w, time.Duration(o.Grace))
	bar := report.StartBar(e.Console, in, w, int64(o.skip), !(o.report && console.IsTerminal(e.Out)))
	sum, err := w.Run(ctx, next)
	bar.Stop()
	stop()
	if err != nil && sum.Read == 0 && !in.WasOpened() && ctx.Err() == nil {
		return wrongOption(err) // the run failed before it read anything
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
		return failed.ResultError(sum.Read - int64(o.skip))
	}
	if errors.Is(err, console.ErrStdoutClosed) {
		return report.ErrReportClosed
	}
	return err
}

// dryRun prints what would happen to the records of the input.
func dryRun(ctx context.Context, e *env, w *writer.Writer, in *input.Files, printed *report.Written, skip int64) error {
	sum, err := w.DryRun(ctx, in.Next, printed.Preview)
	if flushed := printed.Flush(); err == nil {
		err = flushed
	}
	if errors.Is(err, report.ErrReportClosed) || errors.Is(err, console.ErrStdoutClosed) {
		return console.ErrStdoutClosed // no failure: a dry run has nothing else to do
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

// wrongSkip is the error of an input that has fewer records than --skip.
func wrongSkip(read, skip int64) error {
	return fmt.Errorf("the input has %s, fewer than --skip %s: is it the same input as before?", words.Count(read, "record"), humanize.Comma(skip))
}

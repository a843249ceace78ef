package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"
	"kin/cmd/internal/report"
	"kin/internal/input"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/words"
	"kin/reader"
	"kin/transfer"
	"kin/writer"
)

func newCopy(e *env) *cobra.Command {
	o := defaultCopyOptions()
	c := &cobra.Command{
		Use:   "copy SRC DST",
		Short: "Copy records from one stream to another",
		Long: `Use it to fill a test stream, to move to another region or account, or to
replay records into another stream.

SRC and DST are names or ARNs. Without the flags --dst-... DST is in the account
and region of SRC. Bounds, positions and checkpoint work as in kin read. Order
and rates work as in kin write.

A record keeps its partition key and its payload. The records of a key keep
their order as in kin write; --ordered keeps it through failures. kin writes
each record of a KPL aggregate as a record of its own, with its explicit hash
key if it has one. --hash-filter drops some of them (kin help format), and
--aggregate packs them again. The service does not return the explicit hash keys
of other records.

With --checkpoint FILE a run resumes where the last one stopped. The checkpoint
moves after DST has acknowledged every record of a batch. No record is lost,
however the run ends. A run that was killed repeats at most one batch. A copy's
checkpoint works only for the same DST: kin refuses it for a copy into another
stream, and for kin read. After a signal, or at the end of --timeout, kin
finishes the batch that it is writing, for at most --grace.

A record that cannot be written, for example one that DST refuses for longer
than --retry-for, ends the run. With --failed it goes to that file instead, as a
line that kin write --input records reads. stdout stays empty. A line on stderr
reports what was copied, and the exit code is 0 only if every record was copied.`,
		Example: `  # Copy everything that is in a stream now.
  kin copy orders orders-test --from trim_horizon --available-now
  # Copy continuously to another region; a later run resumes.
  kin copy orders archive --dst-region eu-west-1 --checkpoint archive.ckpt
  # Copy the last hour to kin local.
  kin copy orders local --from 1h --dst-endpoint http://127.0.0.1:4567`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return console.UsageHint("for example: "+c.CommandPath()+" orders orders-test", "%s needs the names or ARNs of two streams, got %d", c.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.read.complete(e, c.Flags(), args[:1]); err != nil {
				return err
			}
			o.to.stream = args[1]
			return flags.OptionUsage(c, runCopy(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	manual.SetCommon(c, "from", "checkpoint", "available-now", "to", "limit", "dst-region", "dst-profile", "dst-endpoint", "failed", "rate")
	return c
}

// copyOptions are the flags of kin copy: those of the reading and the writing commands that
// apply to it, and those about DST.
type copyOptions struct {
	read  *readOptions
	write flags.Delivery
	to    destination

	failed *input.Rejected // nil without --failed
}

func defaultCopyOptions() *copyOptions {
	return &copyOptions{read: defaultReadOptions(), write: flags.DefaultDelivery()}
}

func (o *copyOptions) addFlags(f *pflag.FlagSet) {
	o.to.addFlags(f)
	o.read.addSourceFlags(f)
	o.write.AddFlags(f)
	o.read.addFetchFlags(f)
}

// options turns the flags into the options of reader and writer.
func (o *copyOptions) options() (reader.Options, writer.Options, error) {
	wo := writer.DefaultOptions()
	wo.Stream = o.to.stream
	o.write.Apply(&wo)
	ro, err := o.read.reader()
	if err != nil {
		return ro, wo, err
	}
	ro.Encode = transfer.Encode
	switch {
	case len(o.read.streams) != 1:
		return ro, wo, console.UsageHint("run a copy for each", "SRC: want one name or ARN, got %d", len(o.read.streams))
	case o.write.Failed.Text != "" && o.read.checkpoint.Text != "" && input.SameFile(o.write.Failed.Text, o.read.checkpoint.Text):
		return ro, wo, console.Usage("--failed and --checkpoint are the same file: want one for each")
	}
	return ro, wo, o.to.check()
}

// check compares SRC and DST before anything is read, within --timeout. With --checkpoint it also
// identifies DST, for which the run then reserves the checkpoint.
func (o *copyOptions) check(ctx context.Context, e *env, source string) error {
	ctx, cancel := o.read.Limited(ctx, transfer.NotStartedError(time.Duration(o.read.Timeout.Duration)))
	defer cancel()
	if err := o.to.refuseSource(ctx, e, source); err != nil {
		return err
	}
	if o.read.checkpoint.Text == "" {
		return nil
	}
	to, err := transfer.Identify(ctx, o.to.client, o.to.stream, e.Info)
	if err != nil {
		e.client = o.to.client // the hint must list the streams of DST
		return err
	}
	o.read.claim = transfer.ReserveCheckpoint(to, e.Info)
	return nil
}

// copier opens the file of --failed and creates the copier, within --timeout.
func (o *copyOptions) copier(ctx context.Context, e *env, wo writer.Options) (*transfer.Copier, error) {
	within, grace := time.Duration(o.read.Timeout.Duration), time.Duration(o.write.Grace)
	co := transfer.Options{
		Within: within, Limited: o.read.Limited, Grace: grace, Info: e.Info,
		WatchStop: func(ctx context.Context, w *writer.Writer) func() { return e.WatchSecondSignal(ctx, w, grace) },
	}
	var err error
	if co.Compress, err = o.write.Compress.Compressor(); err != nil {
		return nil, err
	}
	if name := o.write.Failed.Text; name != "" {
		ctx, cancel := o.read.Limited(ctx, transfer.NotStartedError(within))
		defer cancel()
		if co.Rejected, err = input.OpenRejected(ctx, name, []byte{'\n'}, nil, nil, nil); err != nil {
			return nil, err
		}
		o.failed = co.Rejected
	}
	return transfer.New(o.to.client, wo, co)
}

func runCopy(ctx context.Context, e *env, o *copyOptions) (err error) {
	ro, wo, err := o.options()
	if err != nil {
		return err
	}
	source := o.read.streams[0]
	var client service.Client
	err = o.read.StartWithin(ctx, func(ctx context.Context) (err error) {
		if client, err = e.kinesis(ctx, source); err != nil {
			return err
		}
		return o.to.connect(ctx, e)
	})
	if err != nil {
		return err
	}
	if err := o.write.Check(o.to.client.Endpoint); err != nil {
		return err
	}
	if err := o.check(ctx, e, source); err != nil {
		return err
	}
	wo.Info, wo.Log = e.Info, e.Log
	c, err := o.copier(ctx, e, wo)
	if o.failed != nil {
		defer func() { err = e.closed(ctx, err, o.failed.Close()) }() // for an early return
	}
	if err != nil {
		return err
	}
	var r *reader.Reader
	err = readInto(ctx, e, o.read, client, ro, sink{
		open: func(ctx context.Context, opened *reader.Reader) (func(*reader.Batch) error, context.Context, error) {
			r = opened
			return c.Copy, c.Begin(ctx), nil
		},
		close: func(result error) error {
			if failed := c.End(result != nil); failed != nil {
				// The reader ended because writing failed, so the failure is the result.
				result = transfer.ExplainRecreated(o.read.checkpoint.Text, failed)
				e.client = o.to.client // the hint must list the streams of DST
			}
			if o.failed == nil {
				return result
			}
			return e.closed(ctx, result, o.failed.Close())
		},
	})
	if r == nil {
		return err // the run never started
	}
	if err != nil && c.Summary().Read == 0 && ctx.Err() == nil {
		return err
	}
	e.Info(copied(c.Summary(), source, o.to.stream))
	report.PrintShards(e.Console, c.Writer().Shards(), o.to.stream)
	if err == nil && o.failed != nil {
		return o.failed.ResultError(c.Summary().Read)
	}
	if err != nil && o.failed != nil {
		if text := o.failed.SavedText(); text != "" {
			e.Print(text)
		}
	}
	report.PrintFailing(ctx, e.Console, c.Writer())
	if err != nil {
		if text := c.UncommittedText(r.Progress().Records, o.read.checkpoint.Text != ""); text != "" {
			e.Print(text)
		}
	}
	return err
}

// copied returns the summary line of a run.
func copied(s writer.Summary, source, destination string) string {
	return fmt.Sprintf("copied %s (%s) from %s to %s in %s: %s retried, %s rejected", words.Count(s.Written, "record"), words.Bytes(s.Bytes),
		record.ParseStream(source).Name, record.ParseStream(destination).Name, words.Lasted(s.Duration), humanize.Comma(s.Retried), humanize.Comma(s.Rejected)) + report.PossiblyTwice(s.PossiblyTwice, s.PossibleCopies)
}

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
		Short: "Copy records from a stream to another",
		Long: `Copy records of the stream SRC to the stream DST.

SRC and DST are names or ARNs, in one account and region or, with the flags
--dst-..., in two. Bounds, positions and checkpoint are those of kin read, order
and rates those of kin write: a record keeps its partition key and its payload,
and the records of a key keep their order as far as kin write promises it
(--ordered). Records out of KPL aggregates are written as records of their own,
all of them (--hash-filter: kin help format), with their explicit hash keys where
they have one (--aggregate packs them again); the service does not tell the explicit hash keys of other records.

With --checkpoint FILE a run goes on where the last one stopped. The checkpoint
moves behind a batch when every record of it was acknowledged by DST: none is
lost whatever ends the run, and a run that was killed repeats at most the
records of a batch. It is for DST alone: a copy into another stream with it, and
kin read, are refused. A signal, or the end of --timeout, lets the batch that is
being written be finished, for at most --grace.

A record that DST does not accept ends the run, or goes to --failed FILE as a
line that kin write --input records takes. stdout stays empty. One line on
stderr says what was copied, and the exit code is 0 when every record was.`,
		Example: `  kin copy orders orders-test --from trim_horizon --available-now
  kin copy orders archive --dst-region eu-west-1 --checkpoint archive.ckpt
  kin copy orders local --from 1h --dst-endpoint http://127.0.0.1:4567`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return console.UsageHint("for example: "+c.CommandPath()+" orders orders-test", "%s needs the names or ARNs of two streams, got %d", c.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.read.parsed(e, c.Flags(), args[:1]); err != nil {
				return err
			}
			o.to.stream = args[1]
			return flags.OptionUsage(c, runCopy(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	return c
}

// copyOptions are the flags of the reading and of the writing commands that
// make sense together, and those about DST.
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
	f.SortFlags = false
	o.to.addFlags(f)
	o.read.addSourceFlags(f)
	o.write.AddFlags(f)
	o.read.addFetchFlags(f)
}

// options turns the flags into those of the two cores.
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

// check asks what has to be known of DST before anything is read, within the time
// of the run.
func (o *copyOptions) check(ctx context.Context, e *env, source string) error {
	ctx, cancel := o.read.Limited(ctx, transfer.UnbegunWithin(time.Duration(o.read.Timeout.Duration)))
	defer cancel()
	if err := o.to.refuseSource(ctx, e, source); err != nil {
		return err
	}
	if o.read.checkpoint.Text == "" {
		return nil
	}
	to, err := transfer.Identify(ctx, o.to.client, o.to.stream, e.Info)
	if err != nil {
		e.client = o.to.client // hints are about the streams there
		return err
	}
	o.read.claim = transfer.OfCopyInto(to, e.Info)
	return nil
}

// copier makes the copier, within the time of the run.
func (o *copyOptions) copier(ctx context.Context, e *env, wo writer.Options) (*transfer.Copier, error) {
	within, grace := time.Duration(o.read.Timeout.Duration), time.Duration(o.write.Grace)
	co := transfer.Options{
		Within: within, Limited: o.read.Limited, Grace: grace, Info: e.Info,
		WatchStop: func(ctx context.Context, w *writer.Writer) func() { return e.WatchSecondSignal(ctx, w, grace) },
	}
	var err error
	if co.Pack, err = o.write.Compress.Compressor(); err != nil {
		return nil, err
	}
	if name := o.write.Failed.Text; name != "" {
		ctx, cancel := o.read.Limited(ctx, transfer.UnbegunWithin(within))
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
		defer func() { err = e.closed(ctx, err, o.failed.Close()) }() // for the ways out before
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
				result = transfer.OfAnother(o.read.checkpoint.Text, failed) // the reader has ended of it
				e.client = o.to.client                                      // hints are about the streams there
			}
			if o.failed == nil {
				return result
			}
			return e.closed(ctx, result, o.failed.Close())
		},
	})
	if r == nil {
		return err // it never began
	}
	if err != nil && c.Summary().Read == 0 && ctx.Err() == nil {
		return err
	}
	e.Info(copied(c.Summary(), source, o.to.stream))
	report.PrintShards(e.Console, c.Writer().Shards(), o.to.stream)
	if err == nil && o.failed != nil {
		return o.failed.Verdict(c.Summary().Read)
	}
	if err != nil && o.failed != nil {
		if text := o.failed.Kept(); text != "" {
			e.Print(text)
		}
	}
	report.PrintFailing(ctx, e.Console, c.Writer())
	if err != nil {
		if text := c.Left(r.Progress().Records, o.read.checkpoint.Text != ""); text != "" {
			e.Print(text)
		}
	}
	return err
}

// copied is the line that says what a run has done.
func copied(s writer.Summary, source, destination string) string {
	return fmt.Sprintf("copied %s (%s) from %s to %s in %s: %s retried, %s rejected", words.Count(s.Written, "record"), words.Bytes(s.Bytes),
		record.ParseStream(source).Name, record.ParseStream(destination).Name, words.Lasted(s.Duration), humanize.Comma(s.Retried), humanize.Comma(s.Rejected)) + report.PossiblyTwice(s.PossiblyTwice, s.PossibleCopies)
}

package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

Records are written at least once. What fails of a request is retried alone; a
record that is not accepted within --retry-for, or never can be, ends the run.
Several requests are in flight at a time, but never two with records of the same
partition key, so those keep their order as long as none of them fails:
PutRecords itself promises no order among the records of one request. A record waits at most --linger for others, so
tail -f file | kin write orders is live. What goes to a shard is held back to
what a shard takes: 1,000 records and 1 MiB a second. With an endpoint outside of
AWS, --rate unlimited lifts that.

stdout stays empty. One line on stderr says what was written; if that is not
everything, another says up to which record of the input everything is. The
exit code is 0 when every record was written.`,
		Example: `  kin write orders orders.ndjson.gz --key-field /user/id
  kin write orders orders.csv --input csv --key-jq '"\(.region)-\(.id)"'
  tail -f app.log | kin write logs --partition-key web-1
  kin read orders --from trim_horizon --available-now --data base64 | kin write copy --input records`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageHint("for example: "+c.CommandPath()+" orders orders.ndjson", "%s needs the name or ARN of a stream", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.stream, o.files = args[0], args[1:]
			o.given = c.Flags().Changed
			return runWrite(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	addConnectionFlags(c.Flags(), &e.connection)
	return c
}

type writeOptions struct {
	stream string
	files  []string

	inputOptions
	retryFor durationValue
	linger   durationValue
	rate     writeRate
}

func defaultWriteOptions() *writeOptions {
	d := writer.DefaultOptions()
	return &writeOptions{inputOptions: defaultInputOptions(), retryFor: durationValue(d.RetryFor), linger: durationValue(d.Linger)}
}

func (o *writeOptions) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	o.inputOptions.addFlags(f)
	f.Var(&o.retryFor, "retry-for", "give up on a record after this long (0: do not retry)")
	f.Var(&o.linger, "linger", "how long a record may wait for others to share its request")
	f.Var(&o.rate, "rate", "write at most so many records or bytes a second, over all shards: 100/s, 1mb/s")
}

// writer turns the flags into the core's options.
func (o *writeOptions) writer() (writer.Options, error) {
	wo := writer.DefaultOptions()
	wo.Stream = o.stream
	wo.RetryFor = time.Duration(o.retryFor)
	wo.Linger = time.Duration(o.linger)
	wo.RecordRate, wo.ByteRate, wo.Unshaped = o.rate.records, o.rate.bytes, o.rate.unlimited
	return wo, o.check()
}

func runWrite(ctx context.Context, e *env, o *writeOptions) error {
	wo, err := o.writer()
	if err != nil {
		return err
	}
	in := newWriteInput(&o.inputOptions, o.files, e.In)
	if err := in.check(); err != nil {
		return err
	}
	wo.Say, wo.Log = e.say, e.log
	client, err := e.kinesis(ctx, o.stream)
	if err != nil {
		return err
	}
	if wo.Unshaped && !isOwnEndpoint(aws.ToString(client.Options().BaseEndpoint)) {
		return usage("--rate unlimited: the limits of a shard are lifted only for endpoints outside of AWS; want a rate such as 100/s or 1mb/s")
	}
	if err := in.place(ctx, client, o); err != nil {
		return err
	}
	w, err := writer.New(client, wo)
	var bad *writer.OptionError
	if errors.As(err, &bad) {
		return usage("%s", bad)
	} else if err != nil {
		return err
	}
	if in.readsStdin() && isTerminal(e.In) {
		e.say("reading records from the terminal, one a line; end with Ctrl-D (on Windows Ctrl-Z, Enter)")
	}

	defer sayWhenStopping(ctx, e, wo.Grace)()
	sum, err := w.Run(ctx, in.next)
	if err != nil && sum.Read == 0 && ctx.Err() == nil {
		return err // it never began
	}
	e.say(wrote(sum, o.stream))
	if err != nil && sum.Read > 0 {
		e.print(standing(sum))
	}
	return err
}

// sayWhenStopping tells whoever stopped the run what it still does, if that is
// not over at once. The function it returns must be called in the end.
func sayWhenStopping(ctx context.Context, e *env, grace time.Duration) func() {
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(time.Second):
			e.say("stopping: writing what was read, for at most " + (*durationValue)(&grace).String() + "; a second signal ends it at once")
		case <-over.Done():
		}
	})
	return func() { stop(); end() }
}

// wrote is the line that says what a run has done.
func wrote(s writer.Summary, stream string) string {
	name := stream[strings.LastIndexByte(stream, '/')+1:]
	text := fmt.Sprintf("wrote %s (%s) to %s in %s: %s retried, %s rejected", counted(s.Written, "record"),
		bytesOf(s.Bytes), name, lasted(s.Duration), humanize.Comma(s.Retried), humanize.Comma(s.Rejected))
	if s.PossiblyTwice > 0 {
		text += ", " + humanize.Comma(s.PossiblyTwice) + " possibly twice"
	}
	return text
}

// standing is the line that says how far a run came that did not write all.
func standing(s writer.Summary) string {
	text := "nothing of the input is written"
	beyond := s.Written - s.WrittenThrough
	switch {
	case s.WrittenThrough > 0 && beyond > 0:
		text = fmt.Sprintf("everything up to record %s of the input is written, and %s behind it", humanize.Comma(s.WrittenThrough), counted(beyond, "record"))
	case s.WrittenThrough > 0:
		text = fmt.Sprintf("everything up to record %s of the input is written", humanize.Comma(s.WrittenThrough))
	case beyond == 1:
		text = "the first record of the input is not written, and 1 record behind it is"
	case beyond > 1:
		text = fmt.Sprintf("the first record of the input is not written, and %s behind it are", counted(beyond, "record"))
	}
	if s.Unsure > 0 {
		text += fmt.Sprintf("; %s more may be", humanize.Comma(s.Unsure))
	}
	return text
}

// bytesOf is a number of bytes as the service's documents have it: 11.8 MB.
func bytesOf(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := humanize.ComputeSI(float64(n))
	return fmt.Sprintf("%.1f %sB", value, prefix)
}

// lasted is a duration as people say it: 3.2s, 5m12s.
func lasted(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	v := durationValue(d.Round(time.Second))
	return v.String()
}

// counted is n with its noun, which is regular.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return humanize.Comma(n) + " " + noun + "s"
}

package cmd

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/internal/input"
	"kin/internal/record"
	"kin/writer"
)

type writeOptions struct {
	stream string
	files  []string

	flags.Input
	flags.Delivery
	skip           flags.Skip
	pace           flags.Pace
	report, dryRun bool
}

func defaultWriteOptions() *writeOptions {
	return &writeOptions{Input: flags.DefaultInput(), Delivery: flags.DefaultDelivery()}
}

func (o *writeOptions) addFlags(f *pflag.FlagSet) {
	o.Input.AddFlags(f)
	flags.GroupInput.In(f).Var(&o.skip, "skip", flags.Help{
		Short: "skip this many records at the start of the input",
		Full:  "Skip this many records at the start of the input. A run that did not write everything prints the number.",
	})
	o.Delivery.AddFlags(f)
	flags.GroupWriting.In(f).Var(&o.pace, "pace", flags.Help{
		Short: "repeat the times between records, such as 1x or 10x",
		Full:  "Write the records at a multiple of the speed at which they arrived, such as 1x, 10x or 0.5x. It is for --input records.",
	})
	out := flags.GroupOutput.In(f)
	out.Bool(&o.report, "report", flags.Help{
		Short: "print the result of each record as a JSON line",
		Full:  "Print the result of each record as a JSON line, in the order of the input.",
	})
	out.Bool(&o.dryRun, "dry-run", flags.Help{
		Short: "print the shard and size of each record; write nothing",
		Full:  "Write nothing. Print the shard of each record and its size (payload and partition key), or why it would be rejected.",
	})
}

// writer turns the flags into writer.Options.
func (o *writeOptions) writer() (writer.Options, error) {
	wo := writer.DefaultOptions()
	wo.Stream = o.stream
	o.Delivery.Apply(&wo)
	wo.Skip, wo.Pace = int64(o.skip), float64(o.pace)
	if err := o.Input.Check(); err != nil {
		return wo, err
	}
	switch {
	case o.pace > 0 && o.Form != input.Records:
		return wo, console.Usage("--pace contradicts --input %s: only --input records has arrival times", o.Form)
	case o.dryRun && o.report:
		return wo, console.Usage("--dry-run and --report contradict each other: a dry run writes no records")
	case o.dryRun && o.pace > 0:
		return wo, console.Usage("--dry-run and --pace contradict each other: a dry run writes nothing")
	case o.dryRun && o.Failed.Text != "":
		return wo, console.Usage("--dry-run and --failed contradict each other: a dry run prints what would be rejected")
	}
	return wo, nil
}

// newInput returns the input. It does not open files yet.
func (o *writeOptions) newInput(stdin io.Reader) (*input.Files, error) {
	s := input.Options{Form: o.Form, Chomp: o.Chomp, Delimiter: string(o.Delimiter), NoDecompress: o.NoDecompress, Key: o.KeyOf(), HashKey: string(o.HashKey)}
	if o.Aggregate && o.Form != input.Records && len(o.KeyFlags()) == 0 {
		s.Key = input.SharedKeys()
	}
	var err error
	if s.Compress, err = o.Compress.Compressor(); err != nil {
		return nil, err
	}
	in := input.New(s, o.files, stdin)
	return in, in.Check()
}

// wrongOption turns a *record.OptionError into a *console.UsageError. It returns other
// errors as they are.
func wrongOption(err error) error {
	var bad *record.OptionError
	if errors.As(err, &bad) {
		return console.Usage("%s", bad)
	}
	return err
}

// resolveHashKey turns --shard into the explicit hash key of every record. It refuses
// --shard and --explicit-hash-key for a stream that ignores hash keys.
func (o *writeOptions) resolveHashKey(ctx context.Context, client writer.MetadataClient, in *input.Files, info func(string)) error {
	if !o.Given("shard") && !o.Given("explicit-hash-key") {
		return nil
	}
	ignored, err := writer.IgnoresHashKeys(ctx, client, o.stream, info)
	if err != nil {
		return err
	}
	flag := "explicit-hash-key"
	if o.Given("shard") {
		flag = "shard"
	}
	if ignored {
		return console.Usage("--%s: %s distributes records itself (strategy AUTO) and ignores hash keys", flag, o.stream)
	}
	if flag == "shard" {
		in.HashKey, err = writer.HashKeyOf(ctx, client, o.stream, o.Shard.Text, info)
	}
	return err
}

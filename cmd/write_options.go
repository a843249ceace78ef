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
	f.SortFlags = false
	o.Input.AddFlags(f)
	f.Var(&o.skip, "skip", "pass over so many `records` of the input: those a run before has written")
	o.Delivery.AddFlags(f)
	f.Var(&o.pace, "pace", "write records as far apart as they once arrived, or so many `times` as fast: 1x, 10x (records)")
	f.BoolVar(&o.report, "report", false, "print what became of each record, as a line of JSON in the order of the input")
	f.BoolVar(&o.dryRun, "dry-run", false, "write nothing; print the shard and the size of each record, or why it would be rejected")
}

// writer turns the flags into the core's options.
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
		return wo, console.Usage("--pace contradicts --input %s: only records have arrival times", o.Form)
	case o.dryRun && o.report:
		return wo, console.Usage("--dry-run and --report contradict each other: a dry run writes nothing to report")
	case o.dryRun && o.pace > 0:
		return wo, console.Usage("--dry-run and --pace contradict each other: a dry run writes nothing")
	case o.dryRun && o.Failed.Text != "":
		return wo, console.Usage("--dry-run and --failed contradict each other: a dry run prints what would be rejected")
	}
	return wo, nil
}

// newInput opens nothing yet.
func (o *writeOptions) newInput(stdin io.Reader) (*input.Files, error) {
	s := input.Options{Form: o.Form, Chomp: o.Chomp, Delimiter: string(o.Delimiter), NoDecompress: o.NoDecompress, Key: o.KeyOf(), HashKey: string(o.HashKey)}
	if o.Aggregate && o.Form != input.Records && len(o.KeyFlags()) == 0 {
		s.Key = input.SharedKeys()
	}
	var err error
	if s.Pack, err = o.Compress.Compressor(); err != nil {
		return nil, err
	}
	in := input.New(s, o.files, stdin)
	return in, in.Check()
}

// wrongOption makes wrong usage of an option that the core refuses.
func wrongOption(err error) error {
	var bad *record.OptionError
	if errors.As(err, &bad) {
		return console.Usage("%s", bad)
	}
	return err
}

// resolveHashKey turns --shard into the explicit hash key of every record. A stream that
// ignores hash keys is refused.
func (o *writeOptions) resolveHashKey(ctx context.Context, client writer.PlaceClient, in *input.Files, info func(string)) error {
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

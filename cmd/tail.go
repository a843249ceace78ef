package cmd

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"
	"kin/format"
	"kin/internal/record"
)

func newTail(e *env) *cobra.Command {
	o := &tailOptions{readOptions: defaultReadOptions()}
	o.duration = flags.Duration(200 * time.Millisecond)
	o.buffer = flags.Size(64_000_000)
	c := &cobra.Command{
		Use:   "tail STREAM...",
		Short: "Print records as they arrive",
		Long: `Use it on a terminal to see what a stream carries now. It is kin read with
shorter waits and with output for people.

On a terminal a record is one line: local time, shard, partition key and
payload. JSON is coloured, and control characters are made visible. In a pipe a
record is a JSON line, as kin read prints it. --output selects one of the two.

` + streamHelp,
		Example: `  # Watch what arrives from now on.
  kin tail orders
  # Print the keys of the last five minutes, and of what follows.
  kin tail orders --from 5m | jq -r .partitionKey
  # Print ten records of two streams, and end.
  kin tail orders,payments --limit 10`,
		Args: streamArguments,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.complete(e, c.Flags(), args); err != nil {
				return err
			}
			o.dataGiven = c.Flags().Changed("data") && !e.origins.IsSetting("data")
			return flags.OptionUsage(c, runTail(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	flags.GroupOutput.In(c.Flags()).AddOutput(c, &o.output, flags.Help{
		Short: "print auto, pretty or json",
		Full:  "How to print records: pretty for people, json for JSON lines, or auto, which is pretty on a terminal.",
	}, string(outputAuto), string(outputPretty), string(outputJSON))
	manual.SetCommon(c, "from", "to", "limit", "timeout", "shard", "output", "data", "low-latency", "efo")
	return c
}

type tailOptions struct {
	*readOptions
	output    outputMode
	dataGiven bool
}

func runTail(ctx context.Context, e *env, o *tailOptions) error {
	ro, err := o.reader()
	if err != nil {
		return err
	}
	ro.Encode = format.JSON{Data: o.data}.Append
	if o.output.pretty(e) {
		if o.dataGiven {
			return console.UsageHint("add --output json", "--data applies to JSON lines, and kin tail prints records in its terminal format here")
		}
		ro.Encode = prettyEncoder(e, len(o.streams) > 1)
	}
	return readAndWrite(ctx, e, o.readOptions, ro)
}

// prettyEncoder returns the encoder for output on a terminal.
func prettyEncoder(e *env, manyStreams bool) func([]byte, record.Record) ([]byte, error) {
	return format.NewPretty(format.PrettyOptions{
		Color:      e.Colored(e.Out),
		Now:        time.Now(),
		ShowStream: manyStreams,
		Width:      console.TerminalWidth(e.Out),
	}).Append
}

// outputMode is the value of tail's --output. The zero value is auto.
type outputMode string

const (
	outputPretty outputMode = "pretty"
	outputJSON   outputMode = "json"
	outputAuto   outputMode = "auto"
)

func (m *outputMode) Type() string { return "form" }

func (m *outputMode) String() string { return string(cmp.Or(*m, outputAuto)) }

func (m *outputMode) Set(s string) error {
	return console.Choose(m, s, outputAuto, outputPretty, outputJSON)
}

func (m outputMode) pretty(e *env) bool {
	switch m {
	case outputPretty:
		return true
	case outputJSON:
		return false
	}
	return console.IsTerminal(e.Out)
}

package cmd

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/format"
	"kin/internal/record"
)

func newTail(e *env) *cobra.Command {
	o := &tailOptions{readOptions: defaultReadOptions()}
	o.duration = flags.Duration(200 * time.Millisecond)
	o.buffer = flags.Size(64_000_000)
	c := &cobra.Command{
		Use:   "tail STREAM...",
		Short: "Watch records arrive",
		Long: `Print the records of one or more streams as they arrive.

On a terminal a record is a line for eyes: local time, shard, partition key and
payload, JSON coloured, control characters made visible. In a pipe it is a JSON
line, as read prints it. Like read, with shorter waits and from latest on.

` + streamHelp,
		Example: `  kin tail orders
  kin tail orders --from 5m | jq -r .partitionKey
  kin tail orders,payments --output pretty --limit 10`,
		Args: streamArguments,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.parsed(e, c.Flags(), args); err != nil {
				return err
			}
			o.dataGiven = c.Flags().Changed("data") && !e.origins.IsSetting("data")
			return flags.OptionUsage(c, runTail(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	c.Flags().VarP(&o.output, "output", "o", "auto, pretty or json; auto is pretty on a terminal")
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

// prettyEncoder prints records for eyes.
func prettyEncoder(e *env, manyStreams bool) func([]byte, record.Record) ([]byte, error) {
	return format.NewPretty(format.PrettyOptions{
		Color:      e.Colored(e.Out),
		Now:        time.Now(),
		ShowStream: manyStreams,
		Width:      console.TerminalWidth(e.Out),
	}).Append
}

// outputMode is the value of tail's --output; its zero value is auto.
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

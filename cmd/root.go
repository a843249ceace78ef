// Package cmd is kin's command line. Each command has a file, which turns flags into typed
// options and calls a core package. The package keeps the contracts of the three streams
// and of the exit codes. It has no logic of reading or writing streams.
package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"
)

// Main runs kin with args, which do not include the program's name, and returns the exit
// code. The first signal cancels ctx with a SignalError as its cause. When Main returns,
// every message is printed unless stderr is blocked.
func Main(ctx context.Context, args []string, s console.Streams) int {
	e := newEnv(s)
	root := newRoot(e)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = e.helpErr
	}
	code := e.report(ctx, err)
	for _, message := range e.Stderr.TakeLastMessages() {
		e.Info(message)
	}
	e.Stderr.Flush()
	return code
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "kin",
		Short: "Read, tail and write Amazon Kinesis Data Streams",
		Long: `Use it in a terminal, in pipelines and in jobs. stdout carries only records or
reports; messages go to stderr. kin demo shows it without an AWS account.`,
		Example: `  # Watch records arrive.
  kin tail orders
  # Print everything that is in a stream, as JSON lines.
  kin read orders --from trim_horizon --available-now
  # Write a record for each line of a file.
  kin write orders orders.ndjson`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		CompletionOptions:          cobra.CompletionOptions{HiddenDefaultCmd: false},
		Args:                       noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if versionAsked(c) {
				_, err := fmt.Fprint(e.Out, versionLine())
				return err
			}
			return c.Help()
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if versionAsked(c) {
				return nil
			}
			if err := e.origins.Apply(c); err != nil {
				return err
			}
			if err := flags.CheckExclusive(c.Flags()); err != nil {
				return err
			}
			e.FlagsParsed()
			return nil
		},
	}
	root.SetIn(e.In)
	root.SetOut(e.Out)
	root.SetErr(e.Stderr)
	root.SetFlagErrorFunc(flagError)

	f := root.PersistentFlags()
	e.connection.AddGlobalFlags(f)
	g := flags.GroupGlobal.In(f)
	g.Var(&e.Color, "color", flags.Help{
		Short: "use colour: auto, always or never",
		Full:  "When to use colour: auto, always or never. auto uses it on a terminal, unless NO_COLOR or TERM=dumb is set.",
	})
	g.Bool(&e.IsVerbose, "verbose", flags.Help{
		Short: "print more messages on stderr", Letter: "v",
		Full: "Print more messages on stderr.",
	})
	g.Bool(&e.IsQuiet, "quiet", flags.Help{
		Short: "print only errors and important warnings", Letter: "q",
		Full: "Print only errors, and warnings about data and billing, on stderr.",
	})
	g.Bool(&e.IsDebug, "debug", flags.Help{
		Short: "log every call and decision on stderr",
		Full:  "Log every call and decision on stderr, but never payloads or credentials.",
	})
	e.help.AddFlags(g)

	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		e.helpErr = e.PrintPaged(root.Context(), manual.Text(c, e.help.All))
	})
	addCommands(e, root)
	manual.AnnotateOptions(root)
	root.AddCommand(manual.Topics(root)...)
	root.SetHelpCommand(manual.NewHelp(root))
	root.SetHelpCommandGroupID(groupOther)
	root.SetCompletionCommandGroupID(groupOther)
	addVersionFlag(root)
	addCompletion(root)
	e.help.Intercept(root)
	return root
}

// groupOther is the group of the commands about kin itself.
const groupOther = "other"

// addCommands adds kin's commands to the root, in the order of the help.
func addCommands(e *env, root *cobra.Command) {
	cobra.EnableCommandSorting = false
	for _, g := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"read", "Read", []*cobra.Command{newRead(e), newTail(e)}},
		{"write", "Write", []*cobra.Command{newWrite(e), newCopy(e)}},
		{"inspect", "Inspect streams", []*cobra.Command{newStreams(e), newShards(e), newLag(e), newDoctor(e)}},
		{"manage", "Manage", []*cobra.Command{newCheckpoint(e), newConsumers(e)}},
		{"local", "Run locally", []*cobra.Command{newDemo(e), newLocal(e)}},
		{groupOther, "Other", []*cobra.Command{newVersion(e)}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
			root.AddCommand(c)
		}
	}
}

// flagError rewrites an error of pflag. It names the flag, the value and the accepted
// values.
func flagError(_ *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		value := invalid.GetValue()
		if value == "" {
			value = `""`
		}
		return console.Usage("--%s %s: %s", invalid.GetFlag().Name, value, flags.Wanted(invalid))
	}
	return console.UsageHint("kin help lists the commands; kin COMMAND --help their flags", "%s", err)
}

// Package cmd is kin's command line: one file a command, each turning flags
// into typed options and calling a core package. It promises the contracts of
// the three streams and the exit codes; it holds no logic of reading or
// writing streams.
package cmd

import (
	"context"
	"errors"
	"fmt"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Main runs kin with args, which do not include the program's name, and
// returns its exit code. Everything is printed then, unless stderr is blocked. ctx is cancelled by the first signal, with a
// SignalError as its cause.
func Main(ctx context.Context, args []string, s console.Streams) int {
	e := newEnv(s)
	root := newRoot(e)
	root.SetArgs(args)
	code := e.report(ctx, root.ExecuteContext(ctx))
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
		Long: `kin reads, tails and writes Amazon Kinesis Data Streams.

stdout carries records and nothing else; messages go to stderr.
Try it without an AWS account:  kin demo`,
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
	f.SortFlags = false
	e.connection.AddGlobalFlags(f)
	f.Var(&e.Color, "color", "colour: auto, always or never")
	f.BoolVarP(&e.IsVerbose, "verbose", "v", false, "say more on stderr")
	f.BoolVarP(&e.IsQuiet, "quiet", "q", false, "say only errors on stderr")
	f.BoolVar(&e.IsDebug, "debug", false, "log every call and decision to stderr (never payloads or credentials)")

	root.SetUsageFunc(func(c *cobra.Command) error { return manual.Usage(c, console.TerminalWidth(e.Out)) })
	root.AddCommand(commands(e)...)
	manual.AnnotateOptions(root)
	root.AddCommand(manual.Topics(root)...)
	root.SetHelpCommand(manual.NewHelp(root))
	addVersionFlag(root)
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Args = noArguments // cobra's own shows the help of an unknown shell
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	return root
}

// commands are kin's commands, in the order the help lists them.
func commands(e *env) []*cobra.Command {
	cobra.EnableCommandSorting = false
	return []*cobra.Command{
		newRead(e),
		newTail(e),
		newWrite(e),
		newCopy(e),
		newShards(e),
		newStreams(e),
		newDoctor(e),
		newConsumers(e),
		newLag(e),
		newCheckpoint(e),
		newLocal(e),
		newDemo(e),
		newVersion(e),
	}
}

// flagError turns what pflag says into kin's words: the flag, the value, and
// what is wanted.
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

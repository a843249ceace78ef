// Package settings sets flags from environment variables and from the configuration file.
// It also remembers which flag came from where.
package settings

import (
	"errors"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/internal/await"
)

// Every flag can also be set by an environment variable or in the configuration file. The
// command line has the highest priority, then the variable, then the file. In the file, the
// table of the command has priority over the top level.

// Setting is the value of one flag from a variable or the configuration file.
type Setting struct {
	Values      []string // empty: the default, whatever a lower source has
	Origin      string   // KIN_MAX_FETCH_RATE, or FILE:LINE
	text        string   // the setting as it was written, for messages about a bad value
	commandOnly bool     // from the table of a command
}

// Layer has the settings of one source, by flag.
type Layer map[string]Setting

// WithoutSettings are the commands that ignore settings, so that they work with a bad
// setting.
var WithoutSettings = []string{"help", "completion", "version", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}

// Apply sets the flags of a command from the environment and the configuration file, unless
// the command line has set them.
func (o Origins) Apply(c *cobra.Command) error {
	if top := topCommand(c); top == nil || slices.Contains(WithoutSettings, top.Name()) {
		return nil
	}
	fromEnvironment, err := environmentSettings(os.Environ(), c.Root())
	if err != nil {
		return err
	}
	read := func() (map[string]Layer, error) { return ReadFile(configPath(), c.Root()) }
	tables, err := await.Do(c.Context(), read, func(map[string]Layer) {})
	if err != nil {
		return err
	}
	layers := []Layer{fromEnvironment}
	for p := c; p.HasParent(); p = p.Parent() {
		layers = append(layers, tables[tableName(p)])
	}
	layers = append(layers, tables[""])

	set := map[string]bool{}
	for _, name := range strings.Split(c.Annotations[flags.Refused], ",") {
		set[name] = true
	}
	c.Flags().Visit(func(f *pflag.Flag) { flags.MarkSet(set, f.Name, f.Value) })
	for _, layer := range layers {
		if err := o.applyLayer(c.Flags(), layer, set); err != nil {
			return err
		}
	}
	return nil
}

// applyLayer sets the flags that no source of higher priority has set, and marks them as
// set.
func (o Origins) applyLayer(f *pflag.FlagSet, layer Layer, set map[string]bool) error {
	var names []string
	for name := range layer {
		if f.Lookup(name) != nil && !set[name] {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		s := layer[name]
		if len(s.Values) > 1 && !flags.Repeatable(f.Lookup(name).Value) {
			return console.Usage("%s: want one value: this command does not accept a list here", s.text)
		}
		for _, value := range s.Values {
			if err := f.Set(name, value); err != nil {
				var invalid *pflag.InvalidValueError
				if errors.As(err, &invalid) {
					return console.Usage("%s: %s", s.text, flags.Wanted(invalid))
				}
				return console.Usage("%s: %s", s.text, err)
			}
			o.from[name] = s.Origin
			o.commandOnly[name] = s.commandOnly
		}
		flags.MarkSet(set, name, f.Lookup(name).Value)
	}
	return nil
}

// topCommand returns the command below the root that c is or belongs to; nil for the root.
func topCommand(c *cobra.Command) *cobra.Command {
	if !c.HasParent() {
		return nil
	}
	for c.Parent().HasParent() {
		c = c.Parent()
	}
	return c
}

// tableName returns the name of a command's table in the configuration file: its path below
// the root, with dots.
func tableName(c *cobra.Command) string {
	_, path, _ := strings.Cut(c.CommandPath(), " ")
	return strings.ReplaceAll(path, " ", ".")
}

// SettableCommands returns the commands that settings apply to, by the name of their table.
func SettableCommands(root *cobra.Command) map[string]*cobra.Command {
	found := map[string]*cobra.Command{}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, child := range c.Commands() {
			if c == root && slices.Contains(WithoutSettings, child.Name()) || child.IsAdditionalHelpTopicCommand() {
				continue
			}
			found[tableName(child)] = child
			walk(child)
		}
	}
	walk(root)
	return found
}

// SettableFlags returns the flags of a command by name, or of all commands if c is nil. If
// several commands have a flag of one name, it returns one that can be repeated, if there
// is one.
func SettableFlags(root, c *cobra.Command) map[string]*pflag.Flag {
	found := map[string]*pflag.Flag{}
	add := func(f *pflag.Flag) {
		if known := found[f.Name]; !flags.IsHelp(f.Name) && (known == nil || flags.Repeatable(f.Value)) {
			found[f.Name] = f
		}
	}
	root.PersistentFlags().VisitAll(add)
	for _, one := range SettableCommands(root) {
		if c == nil || c == one {
			one.LocalFlags().VisitAll(add)
		}
	}
	return found
}

// unknownSetting returns the error for an unknown name. Its hint has the most similar known
// name.
func unknownSetting(what, name string, known []string) error {
	sort.Strings(known)
	if near := console.Nearest(name, known); near != "" {
		return console.UsageHint("did you mean "+near+"?", "unknown %s %s", what, name)
	}
	hint := "kin COMMAND --help lists the flags"
	if near := console.NearestOfAll(name, known); near != "" {
		hint = "the nearest is " + near + "; " + hint
	}
	return console.UsageHint(hint, "unknown %s %s", what, name)
}

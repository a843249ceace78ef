// Package settings gives flags their values from variables of the environment and
// from the configuration file, and knows afterwards which came from where.
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

// Every flag can also be set by a variable of the environment or a line of the
// configuration file. A flag on the command line goes first, then the
// variable, then the file: its table of the command, then its top level.

// Setting is one flag's value from somewhere else than the command line.
type Setting struct {
	Values []string // several for a flag that can be repeated; none: the default, whatever comes after
	Origin string   // KIN_MAX_FETCH_RATE, or FILE:LINE
	text   string   // the setting as it stands there, for messages; without what is secret
	narrow bool     // it is for one command, or for those below one
}

// Layer is one source's settings, by flag.
type Layer map[string]Setting

// WithoutSettings are the commands that settings do not reach, so that a bad
// one cannot stand in the way of help.
var WithoutSettings = []string{"help", "completion", "version", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}

// RefusedAnnotation names, in a command's annotations, flags of every command
// that this one refuses: separated by commas. They are for other commands when
// they come from a variable or a file.
const RefusedAnnotation = "kin_refuses_settings"

// Apply gives the command's flags the values that the environment and
// the configuration file have for them.
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

	hidden := map[string]bool{}
	for _, name := range strings.Split(c.Annotations[RefusedAnnotation], ",") {
		hidden[name] = true
	}
	c.Flags().Visit(func(f *pflag.Flag) { flags.Hide(hidden, f.Name, f.Value) })
	for _, layer := range layers {
		if err := o.applyLayer(c.Flags(), layer, hidden); err != nil {
			return err
		}
	}
	return nil
}

// applyLayer sets the flags that no higher source has set, and hides them from
// the lower ones.
func (o Origins) applyLayer(set *pflag.FlagSet, layer Layer, hidden map[string]bool) error {
	var names []string
	for name := range layer {
		if set.Lookup(name) != nil && !hidden[name] {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		s := layer[name]
		if len(s.Values) > 1 && !flags.Repeatable(set.Lookup(name).Value) {
			return console.Usage("%s: want one value: this command takes no list of them", s.text)
		}
		for _, value := range s.Values {
			if err := set.Set(name, value); err != nil {
				var invalid *pflag.InvalidValueError
				if errors.As(err, &invalid) {
					return console.Usage("%s: %s", s.text, flags.Wanted(invalid))
				}
				return console.Usage("%s: %s", s.text, err)
			}
			o.from[name] = s.Origin
			o.narrow[name] = s.narrow
		}
		flags.Hide(hidden, name, set.Lookup(name).Value)
	}
	return nil
}

// topCommand is the command below the root that c is or belongs to.
func topCommand(c *cobra.Command) *cobra.Command {
	if !c.HasParent() {
		return nil
	}
	for c.Parent().HasParent() {
		c = c.Parent()
	}
	return c
}

// tableName is the name of a command's table in the configuration file: its
// names below the root, with dots between them.
func tableName(c *cobra.Command) string {
	_, path, _ := strings.Cut(c.CommandPath(), " ")
	return strings.ReplaceAll(path, " ", ".")
}

// SettableCommands are the commands that settings reach, by the name of their
// table.
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

// SettableFlags are the flags of a command, or of all if it is nil: of several
// with one name one that can be repeated, if any can.
func SettableFlags(root, c *cobra.Command) map[string]*pflag.Flag {
	found := map[string]*pflag.Flag{}
	add := func(f *pflag.Flag) {
		if known := found[f.Name]; f.Name != "help" && (known == nil || flags.Repeatable(f.Value)) {
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

// unknownSetting refuses a name, and says which known one is nearest.
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

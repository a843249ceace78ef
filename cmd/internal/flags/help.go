package flags

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help is what the help says about one flag. It is given where the flag is added,
// and nowhere else.
type Help struct {
	Short   string // the line of --help: starts with a verb or a noun, has no period
	Full    string // sentences that replace Short in --help-all and in the reference
	Value   string // the placeholder of the value; empty: what the value's Type returns
	Default string // the default in words, for a default that is not a value of the flag
	Letter  string // the one-letter name, such as o
}

// Group is a section of flags in the help of a command.
type Group string

// The groups. GroupMain has the flags of a command that has few.
const (
	GroupMain       Group = "Flags"
	GroupPosition   Group = "Position"
	GroupBounds     Group = "Bounds"
	GroupInput      Group = "Input"
	GroupKeys       Group = "Keys and shards"
	GroupWriting    Group = "Writing"
	GroupOutput     Group = "Output"
	GroupFetching   Group = "Fetching"
	GroupFanOut     Group = "Fan-out"
	GroupConnection Group = "Connection"
	GroupGlobal     Group = "Global flags"
)

// Groups are the groups in the order in which the help prints them.
func Groups() []Group {
	return []Group{GroupMain, GroupPosition, GroupBounds, GroupInput, GroupKeys, GroupWriting, GroupOutput, GroupFetching,
		GroupFanOut, GroupConnection, GroupGlobal}
}

// The annotations of a flag that keep its Help. The flag's Usage is Short, which
// shell completions show.
const (
	groupAnnotation   = "kin_group"
	fullAnnotation    = "kin_full"
	valueAnnotation   = "kin_value"
	defaultAnnotation = "kin_default"
)

// Describe sets the group and the help of a flag.
func Describe(f *pflag.Flag, g Group, h Help) {
	f.Usage = h.Short
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	for name, text := range map[string]string{groupAnnotation: string(g), fullAnnotation: h.Full, valueAnnotation: h.Value, defaultAnnotation: h.Default} {
		f.Annotations[name] = []string{text}
	}
}

// HelpOf returns the group and the help of a flag. Value is never empty for a flag
// that takes one, and Default is what the help shows: empty for a flag that is off
// or has no value by default.
func HelpOf(f *pflag.Flag) (Group, Help) {
	read := func(name string) string {
		if texts := f.Annotations[name]; len(texts) > 0 {
			return texts[0]
		}
		return ""
	}
	h := Help{Short: f.Usage, Full: read(fullAnnotation), Value: read(valueAnnotation), Default: read(defaultAnnotation), Letter: f.Shorthand}
	if f.NoOptDefVal != "" {
		h.Value = ""
	} else if h.Value == "" {
		h.Value = f.Value.Type()
	}
	if h.Default == "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
		h.Default = f.DefValue
	}
	return Group(read(groupAnnotation)), h
}

// Section adds flags of one group to a command. The help prints them in the order
// in which they are added.
type Section struct {
	set   *pflag.FlagSet
	group Group
}

// In returns the section of a group in a set of flags.
func (g Group) In(set *pflag.FlagSet) Section {
	set.SortFlags = false
	return Section{set, g}
}

// Var adds a flag with a value of its own type.
func (s Section) Var(v pflag.Value, name string, h Help) {
	Describe(s.set.VarPF(v, name, h.Letter, ""), s.group, h)
}

// Bool adds a flag that is on or off. What p has is the default.
func (s Section) Bool(p *bool, name string, h Help) {
	s.set.BoolVarP(p, name, h.Letter, *p, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// Int adds a flag with a number. What p has is the default.
func (s Section) Int(p *int, name string, h Help) {
	s.set.IntVarP(p, name, h.Letter, *p, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// String adds a flag with any text. What p has is the default.
func (s Section) String(p *string, name string, h Help) {
	s.set.StringVarP(p, name, h.Letter, *p, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// Strings adds a flag with any text that can be repeated.
func (s Section) Strings(p *[]string, name string, h Help) {
	s.set.StringArrayVarP(p, name, h.Letter, nil, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// Text adds a flag for a text that is not blank and is kept in p. kind is what the
// text names, for messages.
func (s Section) Text(p *string, name, kind string, h Help) { s.Var(&textAt{p, kind}, name, h) }

// IsHelp reports whether a flag asks for help. No setting can give it.
func IsHelp(name string) bool { return name == "help" || name == "help-all" }

// IsShownFor reports whether the help of a command lists a flag: not one that the
// command refuses.
func IsShownFor(c *cobra.Command, f *pflag.Flag) bool {
	return !f.Hidden && f.Deprecated == "" && !slices.Contains(strings.Split(c.Annotations[Refused], ","), f.Name)
}

// Refused names, in a command's annotations, flags of every command
// that this one refuses: separated by commas. They are for other commands when
// they come from a variable or a file.
const Refused = "kin_refuses_settings"

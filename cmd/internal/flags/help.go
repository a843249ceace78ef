package flags

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help is the help text of one flag.
type Help struct {
	Short   string // the line of --help: starts with a verb or a noun, has no period
	Full    string // sentences, for --help-all and the reference
	Value   string // the placeholder of the value; empty: the value's Type
	Default string // the default in words, if it is no value of the flag
	Letter  string // the one-letter name, such as o
}

// Group is a section of flags in the help of a command.
type Group string

// The groups. GroupMain has all flags of a command with few flags.
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

// Groups returns the groups in the order of the help.
func Groups() []Group {
	return []Group{GroupMain, GroupPosition, GroupBounds, GroupInput, GroupKeys, GroupWriting, GroupOutput, GroupFetching,
		GroupFanOut, GroupConnection, GroupGlobal}
}

// The annotations of a flag that hold its Help. Short is the flag's Usage, which shell
// completions show.
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

// HelpOf returns the group and the help of a flag. Value is set for every flag that takes a
// value. Default is the text that the help shows: empty for a flag that is off or has no
// default.
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

// Section adds flags of one group to a command. The help prints them in the order of the
// calls.
type Section struct {
	set   *pflag.FlagSet
	group Group
}

// In returns the section of a group in a set of flags.
func (g Group) In(set *pflag.FlagSet) Section {
	set.SortFlags = false
	return Section{set, g}
}

// Var adds a flag whose value parses itself.
func (s Section) Var(v pflag.Value, name string, h Help) {
	Describe(s.set.VarPF(v, name, h.Letter, ""), s.group, h)
}

// Bool adds a flag that is on or off. The default is *p.
func (s Section) Bool(p *bool, name string, h Help) {
	s.set.BoolVarP(p, name, h.Letter, *p, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// Int adds a flag with a number. The default is *p.
func (s Section) Int(p *int, name string, h Help) {
	s.set.IntVarP(p, name, h.Letter, *p, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// String adds a flag with any text. The default is *p.
func (s Section) String(p *string, name string, h Help) {
	s.set.StringVarP(p, name, h.Letter, *p, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// Strings adds a flag with any text that can be repeated.
func (s Section) Strings(p *[]string, name string, h Help) {
	s.set.StringArrayVarP(p, name, h.Letter, nil, "")
	Describe(s.set.Lookup(name), s.group, h)
}

// Text adds a flag for a text that must not be blank, stored in *p. kind names the text in
// messages.
func (s Section) Text(p *string, name, kind string, h Help) { s.Var(&textPointer{p, kind}, name, h) }

// IsHelp reports whether the flag is --help or --help-all. Settings cannot set these.
func IsHelp(name string) bool { return name == "help" || name == "help-all" }

// IsShownFor reports whether the help of a command lists a flag. It omits flags that the
// command refuses.
func IsShownFor(c *cobra.Command, f *pflag.Flag) bool {
	return !f.Hidden && f.Deprecated == "" && !slices.Contains(strings.Split(c.Annotations[Refused], ","), f.Name)
}

// Refused is an annotation of a command: the names of global flags that it refuses,
// separated by commas. The command ignores them when they come from a variable or the
// configuration file.
const Refused = "kin_refuses_settings"

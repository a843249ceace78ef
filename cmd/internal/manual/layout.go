package manual

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
)

// Width is the maximum number of columns of a line of help.
const Width = 80

// commonFlags is the annotation of a command with the names of its common flags.
const commonFlags = "kin_common_flags"

// SetCommon puts flags of a command into the first section of its help, in this order.
func SetCommon(c *cobra.Command, names ...string) {
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[commonFlags] = strings.Join(names, ",")
}

// Text returns the help of a command. Short and the first paragraph of Long describe what the
// command does and when to use it. The rest of Long and the full descriptions of the flags
// are in the full help only. The help of a topic is its Long.
func Text(c *cobra.Command, full bool) string {
	if c.IsAdditionalHelpTopicCommand() {
		return c.Long + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n", c.Short)
	when, details, _ := strings.Cut(c.Long, "\n\n")
	for _, text := range []string{when, details} {
		if text != "" && (full || text == when) {
			fmt.Fprintf(&b, "\n%s\n", text)
		}
	}
	fmt.Fprintf(&b, "\nUsage: %s\n", usageLine(c))
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	writeCommands(&b, c)
	for _, s := range sections(c) {
		fmt.Fprintf(&b, "\n%s:\n", s.title)
		if full {
			writeFull(&b, s.flags)
		} else {
			writeShort(&b, s.flags)
		}
	}
	writeNext(&b, c, full)
	return b.String()
}

func usageLine(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		return c.CommandPath() + " COMMAND [flags]"
	}
	return c.UseLine()
}

// writeCommands lists the subcommands of c in their groups, and its topics.
func writeCommands(b *strings.Builder, c *cobra.Command) {
	list := func(title string, of func(*cobra.Command) bool) {
		for _, sub := range c.Commands() {
			if !of(sub) {
				continue
			}
			if title != "" {
				fmt.Fprintf(b, "\n%s:\n", title)
				title = ""
			}
			fmt.Fprintf(b, "  %-*s  %s\n", sub.NamePadding(), sub.Name(), sub.Short)
		}
	}
	for _, g := range c.Groups() {
		list(g.Title, func(sub *cobra.Command) bool { return sub.IsAvailableCommand() && sub.GroupID == g.ID })
	}
	list("Commands", func(sub *cobra.Command) bool { return sub.IsAvailableCommand() && sub.GroupID == "" })
	list("Topics (kin help TOPIC)", (*cobra.Command).IsAdditionalHelpTopicCommand)
}

// section is a part of the help: flags under a title.
type section struct {
	title string
	flags []*pflag.Flag
}

// sections returns the flags of a command in the order of its help, each once: the common
// flags, then the groups.
func sections(c *cobra.Command) []section {
	all := map[string]*pflag.Flag{}
	groups := map[flags.Group][]*pflag.Flag{}
	common := strings.Split(c.Annotations[commonFlags], ",")
	add := func(f *pflag.Flag) {
		if !flags.IsShownFor(c, f) {
			return
		}
		all[f.Name] = f
		if !slices.Contains(common, f.Name) {
			g, _ := flags.HelpOf(f)
			groups[g] = append(groups[g], f)
		}
	}
	local, inherited := c.LocalFlags(), c.InheritedFlags()
	inherited.SortFlags, local.SortFlags = false, false // keep the order in which they were added
	inherited.VisitAll(add)
	local.VisitAll(add)

	first := section{title: "Common flags"}
	for _, name := range common {
		if f := all[name]; f != nil {
			first.flags = append(first.flags, f)
		}
	}
	list := []section{first}
	for _, g := range flags.Groups() {
		list = append(list, section{string(g), groups[g]})
	}
	return slices.DeleteFunc(list, func(s section) bool { return len(s.flags) == 0 })
}

// writeShort writes one line for each flag, with its default.
func writeShort(b *strings.Builder, list []*pflag.Flag) {
	letters := slices.ContainsFunc(list, func(f *pflag.Flag) bool { return f.Shorthand != "" })
	width := 0
	for _, f := range list {
		width = max(width, utf8.RuneCountInString(spelling(f, letters)))
	}
	for _, f := range list {
		_, h := flags.HelpOf(f)
		fmt.Fprintf(b, "  %-*s  %s%s\n", width, spelling(f, letters), h.Short, defaultOf(h))
	}
}

// writeFull writes each flag with its full description below it.
func writeFull(b *strings.Builder, list []*pflag.Flag) {
	for _, f := range list {
		_, h := flags.HelpOf(f)
		fmt.Fprintf(b, "  %s%s\n", spelling(f, false), defaultOf(h))
		for _, line := range wrapped(h.Full, Width-6) {
			fmt.Fprintf(b, "      %s\n", line)
		}
	}
}

// spelling returns a flag as it is typed. letters makes room for a one-letter name in
// front.
func spelling(f *pflag.Flag, letters bool) string {
	_, h := flags.HelpOf(f)
	text := "--" + f.Name
	switch {
	case h.Letter != "":
		text = "-" + h.Letter + ", " + text
	case letters:
		text = "    " + text
	}
	if h.Value != "" {
		text += " " + h.Value
	}
	return text
}

func defaultOf(h flags.Help) string {
	if h.Default == "" {
		return ""
	}
	return " (default " + h.Default + ")"
}

// writeNext names the command that prints more help.
func writeNext(b *strings.Builder, c *cobra.Command, full bool) {
	switch {
	case c.HasAvailableSubCommands():
		fmt.Fprintf(b, "\n%s COMMAND --help lists the flags, --help-all describes them.\n", c.CommandPath())
	case c.Name() == "help":
		fmt.Fprintf(b, "\n%s COMMAND --help-all prints the full descriptions.\n", c.CommandPath())
	case !full:
		fmt.Fprintf(b, "\n%s --help-all prints the full descriptions.\n", c.CommandPath())
	}
}

package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
)

// ReferencePage returns the page of a command or topic in the command reference, in
// Markdown. It has the full help, and links to the parent command and the subcommands.
func ReferencePage(c *cobra.Command) string {
	var b strings.Builder
	if c.IsAdditionalHelpTopicCommand() {
		fmt.Fprintf(&b, "# kin help %s\n\n%s.\n\n%s\n", c.Name(), c.Short, markdown(c.Long))
		return b.String()
	}
	fmt.Fprintf(&b, "# %s\n\n%s.\n\n%s\n\n```\n%s\n```\n", c.CommandPath(), c.Short, markdown(c.Long), usageLine(c))
	if c.HasExample() {
		fmt.Fprintf(&b, "\n## Examples\n\n```\n%s\n```\n", unindented(c.Example))
	}
	for _, s := range sections(c) {
		fmt.Fprintf(&b, "\n## %s\n\n", s.title)
		for _, f := range s.flags {
			_, h := flags.HelpOf(f)
			fmt.Fprintf(&b, "* `%s`%s: %s\n", spelling(f, false), escaped(defaultOf(h)), escaped(h.Full))
		}
	}
	b.WriteString("\n## See also\n\n")
	if c.HasParent() {
		fmt.Fprintf(&b, "* %s\n", link(c.Parent()))
	}
	for _, sub := range c.Commands() {
		if (sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand()) && sub.Name() != "help" {
			fmt.Fprintf(&b, "* %s\n", link(sub))
		}
	}
	return b.String()
}

// link returns a Markdown link to the page of a command.
func link(c *cobra.Command) string {
	name := c.CommandPath()
	if c.IsAdditionalHelpTopicCommand() {
		name = "kin help " + c.Name()
	}
	return fmt.Sprintf("[%s](%s.md): %s", name, ReferenceName(c), c.Short)
}

// ReferenceName returns the file name of a command's page without its extension.
func ReferenceName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "_") }

// UseFullTexts sets the Usage of every flag of c and its subcommands to the full
// description, for generators that read only Usage.
func UseFullTexts(c *cobra.Command) {
	replace := func(f *pflag.Flag) {
		if _, h := flags.HelpOf(f); h.Full != "" {
			f.Usage = h.Full
		}
	}
	c.Flags().VisitAll(replace)
	c.PersistentFlags().VisitAll(replace)
	for _, sub := range c.Commands() {
		UseFullTexts(sub)
	}
}

// markdown turns the indented lines of a help text into code blocks. A line in capitals
// becomes a heading; the text below it loses two spaces of indentation.
func markdown(help string) string {
	lines := strings.Split(help, "\n")
	below := ""
	for i, line := range lines {
		if line != "" && line == strings.ToUpper(line) && !strings.HasPrefix(line, " ") {
			lines[i], below = "## "+line[:1]+strings.ToLower(line[1:])+"\n", "  "
			continue
		}
		if line = strings.TrimPrefix(line, below); strings.HasPrefix(line, "  ") {
			line = "  " + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

func unindented(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "  "), "\n  ", "\n")
}

// escaped escapes the characters of a text that Markdown would interpret.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "<", `\<`).Replace(text)
}

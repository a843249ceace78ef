package cmd

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"
)

// everyCommand returns the root, all commands and all topics.
func everyCommand(root *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{root}
	for _, c := range root.Commands() {
		all = append(all, everyCommand(c)...)
	}
	return all
}

// printed returns what a command line prints on stdout.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out, messages bytes.Buffer
	if code := Main(t.Context(), args, console.Streams{Out: &out, Err: &messages}); code != 0 {
		t.Fatalf("%q ends with %d: %s", args, code, messages.String())
	}
	return out.String()
}

// helpOf returns what a command prints with --help or --help-all.
func helpOf(t *testing.T, c *cobra.Command, flag string) string {
	t.Helper()
	path := strings.Fields(c.CommandPath())[1:]
	if c.Name() == "help" {
		path = []string{"help", "help"} // kin help --help-all prints the help of kin
	}
	return printed(t, append(path, flag)...)
}

func TestHelpFitsOnAPage(t *testing.T) {
	for _, c := range everyCommand(Manual()) {
		for _, flag := range []string{"--help", "--help-all"} {
			text := helpOf(t, c, flag)
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if len(lines) > 100 && flag == "--help" && !c.IsAdditionalHelpTopicCommand() {
				t.Errorf("%s %s has %d lines", c.CommandPath(), flag, len(lines))
			}
			for _, line := range lines {
				if utf8.RuneCountInString(line) > 80 || strings.TrimRight(line, " ") != line || strings.Contains(line, "\t") {
					t.Errorf("%s %s has a line that is too long, ends with a space or has a tab: %q", c.CommandPath(), flag, line)
				}
			}
		}
	}
}

// shownFlags returns the flags that a command accepts.
func shownFlags(c *cobra.Command) map[string]*pflag.Flag {
	shown := map[string]*pflag.Flag{}
	for _, set := range []*pflag.FlagSet{c.LocalFlags(), c.InheritedFlags()} {
		set.VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(strings.Split(c.Annotations[flags.Refused], ","), f.Name) {
				shown[f.Name] = f
			}
		})
	}
	return shown
}

var flagLine = regexp.MustCompile(`^ +(?:-[a-zA-Z0-9], )?--([a-z0-9-]+)(?: |$)`)

// The help lists each flag of a command once: with its short text in --help, and with its
// full text in --help-all.
func TestHelpHasEachFlagOnce(t *testing.T) {
	for _, c := range everyCommand(Manual()) {
		if c.IsAdditionalHelpTopicCommand() {
			continue
		}
		for _, option := range []string{"--help", "--help-all"} {
			text := helpOf(t, c, option)
			_, text, _ = strings.Cut(text, "\nUsage: ")
			listed := map[string]int{}
			for line := range strings.SplitSeq(text, "\n") {
				m := flagLine.FindStringSubmatch(line)
				if m == nil || option == "--help-all" && strings.HasPrefix(line, "   ") { // part of a description
					continue
				}
				listed[m[1]]++
				f := shownFlags(c)[m[1]]
				if f == nil {
					t.Errorf("%s %s lists --%s, which it does not take", c.CommandPath(), option, m[1])
				} else if _, h := flags.HelpOf(f); option == "--help" && !strings.Contains(line, "  "+h.Short) {
					t.Errorf("%s: the line of --%s lacks its text: %q", c.CommandPath(), m[1], line)
				}
			}
			for name, f := range shownFlags(c) {
				if listed[name] != 1 {
					t.Errorf("%s %s has --%s %d times", c.CommandPath(), option, name, listed[name])
				}
				_, h := flags.HelpOf(f)
				if words := strings.Join(strings.Fields(text), " "); option == "--help-all" && !strings.Contains(words, strings.Join(strings.Fields(h.Full), " ")) {
					t.Errorf("%s %s lacks the full description of --%s", c.CommandPath(), option, name)
				}
			}
		}
	}
}

// A short text is no sentence, a full text consists of sentences, and only the layout
// prints the default.
func TestFlagsHaveBothTexts(t *testing.T) {
	for _, c := range everyCommand(Manual()) {
		for name, f := range shownFlags(c) {
			g, h := flags.HelpOf(f)
			where := c.CommandPath() + " --" + name
			if !slices.Contains(flags.Groups(), g) {
				t.Errorf("%s is in no group", where)
			}
			first, _ := utf8.DecodeRuneInString(h.Short)
			second, _ := utf8.DecodeRuneInString(h.Short[utf8.RuneLen(first):])
			if h.Short == "" || strings.HasSuffix(h.Short, ".") || strings.Contains(h.Short, ". ") || unicode.IsUpper(first) && !unicode.IsUpper(second) {
				t.Errorf("%s: want a short text without a capital and a period: %q", where, h.Short)
			}
			if first, _ := utf8.DecodeRuneInString(h.Full); h.Full == "" || !strings.HasSuffix(h.Full, ".") || !unicode.IsUpper(first) && !strings.HasPrefix(h.Full, "kin ") {
				t.Errorf("%s: want a full text of sentences: %q", where, h.Full)
			}
			if strings.Contains(h.Short, "default") || strings.Contains(h.Full, "(default") || strings.ContainsAny(h.Short, "`\n") {
				t.Errorf("%s: want a text without a default, backquotes and line breaks: %q, %q", where, h.Short, h.Full)
			}
			if h.Value == "" && f.Value.Type() != "bool" {
				t.Errorf("%s names no value", where)
			}
		}
	}
}

// The help begins with what the command does and when to use it. It has up to three
// examples and up to ten common flags.
func TestHelpHasTheSameLayoutEverywhere(t *testing.T) {
	for _, c := range everyCommand(Manual()) {
		if c.IsAdditionalHelpTopicCommand() {
			continue
		}
		text := helpOf(t, c, "--help")
		paragraphs := strings.Split(text, "\n\n")
		if paragraphs[0] != c.Short+"." || len(paragraphs) < 4 || !strings.HasPrefix(paragraphs[2], "Usage: "+c.CommandPath()) ||
			!strings.HasPrefix(paragraphs[3], "Examples:\n") {
			t.Errorf("%s --help does not begin with what it does, when to use it, usage and examples", c.CommandPath())
			continue
		}
		if n := strings.Count(paragraphs[3], "\n  # "); n > 3 || n < 3 && len(shownFlags(c)) > 12 {
			t.Errorf("%s has %d examples", c.CommandPath(), n)
		}
		for _, p := range paragraphs {
			if common, ok := strings.CutPrefix(p, "Common flags:\n"); ok && strings.Count(common, "\n") >= 10 {
				t.Errorf("%s has more than ten common flags", c.CommandPath())
			}
		}
		lines := strings.Split(strings.TrimSpace(text), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, "--help-all") || strings.HasPrefix(last, " ") {
			t.Errorf("%s --help ends with %q", c.CommandPath(), last)
		}
	}
}

// The full help has the whole description of a command, and kin help prints the same.
// Missing or wrong arguments do not prevent it.
func TestHelpAll(t *testing.T) {
	for _, c := range everyCommand(Manual()) {
		path := strings.Fields(c.CommandPath())[1:]
		all := helpOf(t, c, "--help-all")
		if !strings.Contains(all, c.Long) {
			t.Errorf("%s --help-all lacks a part of its description", c.CommandPath())
		}
		if got := printed(t, append([]string{"help", "--help-all"}, path...)...); got != all && c.Name() != "help" {
			t.Errorf("kin help --help-all %s prints something else:\n%s", strings.Join(path, " "), got)
		}
	}
	want := printed(t, "read", "--help-all")
	for _, args := range []string{"read --help-all orders", "read --limit 3 --help-all", "read --help --help-all", "help read --help-all"} {
		if got := printed(t, strings.Fields(args)...); got != want {
			t.Errorf("kin %s prints something else", args)
		}
	}
	if got := printed(t, "read", "--help", "--help-all=false"); got == want {
		t.Error("--help-all=false prints the full help")
	}
}

// shellWords splits a simple command line as a shell does. It stops at the end of the first
// command.
func shellWords(line string) []string {
	var words []string
	for line = strings.TrimSpace(line); line != "" && !strings.ContainsAny(line[:1], "|>;"); line = strings.TrimSpace(line) {
		word := ""
		for line != "" && line[0] != ' ' {
			if line[0] == '\'' {
				quoted, rest, _ := strings.Cut(line[1:], "'")
				word, line = word+quoted, rest
				continue
			}
			word, line = word+line[:1], line[1:]
		}
		words = append(words, word)
	}
	return words
}

// parses checks the flags and arguments of a command line without running it.
func parses(args []string) error {
	root := Manual()
	c, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	return c.ValidateArgs(c.Flags().Args())
}

// calls returns the command lines of kin in a text, each without the word kin.
func calls(text string) [][]string {
	var found [][]string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, ",\n", ", "), "\n") {
		if at := strings.Index(line, "kin "); at >= 0 && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			found = append(found, shellWords(strings.TrimSuffix(line[at+len("kin "):], ")")))
		}
	}
	return found
}

func TestExamplesParse(t *testing.T) {
	n := 0
	for _, c := range everyCommand(Manual()) {
		for _, args := range calls(c.Example) {
			n++
			if err := parses(args); err != nil {
				t.Errorf("%s: kin %s: %v", c.CommandPath(), strings.Join(args, " "), err)
			}
		}
	}
	if n < 60 {
		t.Errorf("%d examples were found", n)
	}
}

// kin accepts each position in kin help positions.
func TestPositionsOfTheHelpParse(t *testing.T) {
	text := printed(t, "help", "positions")
	forms, examples, _ := strings.Cut(text, "\nFLAGS\n")
	var given []string
	for line := range strings.SplitSeq(examples, "\n") {
		if !strings.HasPrefix(line, "      ") && !strings.HasPrefix(line, "    kin ") {
			examples = strings.Replace(examples, line+"\n", "\n", 1) // prose
		}
	}
	for _, args := range calls(examples) {
		if err := parses(args); err != nil {
			t.Errorf("kin %s: %v", strings.Join(args, " "), err)
		}
		for i, word := range args {
			if word == "--from" || word == "--to" {
				given = append(given, args[i+1])
			}
		}
	}
	if len(given) < 12 {
		t.Errorf("the examples have only %q", given)
	}
	for line := range strings.SplitSeq(forms, "\n") {
		form, _, listed := strings.Cut(strings.TrimSpace(line), "  ")
		if !listed {
			continue
		}
		var shown bool
		switch form {
		case "SHARD:SEQUENCE":
			shown = slices.ContainsFunc(given, func(s string) bool { return strings.HasPrefix(s, "shardId-") })
		case `{"at_timestamp": ...}`:
			shown = slices.ContainsFunc(given, func(s string) bool { return strings.HasPrefix(s, "{") })
		default:
			var p flags.StartingPosition
			shown = p.Set(form) == nil
		}
		if !shown {
			t.Errorf("the form %s is not accepted, or has no example", form)
		}
	}
}

// Shell completions show the short text of a flag.
func TestCompletionDescribesFlags(t *testing.T) {
	text := printed(t, cobra.ShellCompRequestCmd, "read", "--")
	for name, f := range shownFlags(command(t, "read")) {
		if _, h := flags.HelpOf(f); !strings.Contains(text, "--"+name+"\t"+h.Short+"\n") {
			t.Errorf("the completion of --%s is not described by %q", name, h.Short)
		}
	}
	if text := printed(t, cobra.ShellCompRequestCmd, "lag", "-o", ""); !strings.Contains(text, "prometheus\n") {
		t.Errorf("-o is completed with %q", text)
	}
}

// command returns a command of the manual.
func command(t *testing.T, path ...string) *cobra.Command {
	t.Helper()
	c, _, err := Manual().Find(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The reference is current, and has the full description of each flag.
func TestReferencePages(t *testing.T) {
	for _, c := range everyCommand(Manual()) {
		if c.Name() == "help" {
			continue
		}
		if readDoc(t, "docs", "reference", manual.ReferenceName(c)+".md") != ReferencePage(c) {
			t.Errorf("the page of %s is not current: go run ./scripts/docs -reference docs/reference -options docs/options.md", c.CommandPath())
		}
		for name, f := range shownFlags(c) {
			if c.IsAdditionalHelpTopicCommand() {
				break
			}
			if _, h := flags.HelpOf(f); !strings.Contains(strings.ReplaceAll(ReferencePage(c), `\`, ""), strings.ReplaceAll(h.Full, `\`, "")) {
				t.Errorf("the page of %s lacks the full description of --%s", c.CommandPath(), name)
			}
		}
	}
}

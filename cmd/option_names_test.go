package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"
	"kin/cmd/internal/settings"
)

func readDoc(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

func TestOptionsPageIsCurrent(t *testing.T) {
	if readDoc(t, "docs", "options.md") != OptionsPage(Manual()) {
		t.Error("docs/options.md is not: go run ./scripts/docs -reference docs/reference -options docs/options.md")
	}
}

// kin help options describes an option with the text of its flag.
func TestOptionsComeFromTheFlags(t *testing.T) {
	root := Manual()
	help := manual.OptionsHelp(root)
	for name, flag := range settings.SettableFlags(root, nil) {
		for _, option := range flag.Annotations[manual.OptionAnnotation] {
			if !strings.Contains(help, "\n  "+option+"\n      --"+name) {
				t.Errorf("kin help options does not list --%s as %s", name, option)
			}
		}
	}
	for _, want := range []string{
		"\n  maxFetchDuration\n      --max-fetch-duration duration  (default: 10s, tail: 200ms)\n",
		"\n  roleSessionName\n      --role-session-name name  (default: kin-PID)\n",
		"\n  Trigger.AvailableNow\n      --available-now  (default: off)\n",
		"\n  initialPosition\n      --initial-position position  (default: latest)\n",
	} {
		if !strings.Contains(help, want) {
			t.Errorf("kin help options lacks %q", want)
		}
	}
	read, _, err := root.Find([]string{"read"})
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	read.Flags().AddFlagSet(root.PersistentFlags())
	read.Flags().VisitAll(func(f *pflag.Flag) { listed += len(f.Annotations[manual.OptionAnnotation]) })
	if got := len(manual.Options(root)); got != listed+1 { // and the arguments
		t.Errorf("%d options are listed, but kin read has %d and its arguments", got, listed)
	}
	for line := range strings.SplitSeq(help, "\n") {
		if len(line) > 80 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
}

var (
	anyFlag       = regexp.MustCompile("(?:^|[ `(])--([a-z][a-z0-9-]+)")
	anyCommand    = regexp.MustCompile("`kin (help )?([a-z-]+)")
	databricksRow = regexp.MustCompile("^\\| ([0-9]+)(?:-([0-9]+))? \\| `(.+?)` \\| (.+) \\|$")
)

// flagsExist checks that every flag in a text is one of kin's.
func flagsExist(t *testing.T, where, text string) {
	t.Helper()
	known := settings.SettableFlags(Manual(), nil)
	for _, m := range anyFlag.FindAllStringSubmatch(text, -1) {
		if known[m[1]] == nil && !flags.IsHelp(m[1]) && m[1] != "version" {
			t.Errorf("%s names --%s, which no command has", where, m[1])
		}
	}
}

// The README names only flags that exist, and names each of the connector's options with
// its flag.
func TestReadmeNamesFlagsThatExist(t *testing.T) {
	text := readDoc(t, "README.md")
	flagsExist(t, "README.md", text)
	carriedBy := map[string]string{}
	for _, o := range manual.Options(Manual()) {
		carriedBy[o.Name] = o.Flag
	}
	for _, n := range manual.OptionNames {
		for _, block := range strings.Split(text, "\n\n") {
			if !strings.Contains(block, "`"+n.Option+"`") || n.Option == "region" || n.Option == "endpoint" {
				continue
			}
			if flag := carriedBy[n.Option]; flag == "" || !strings.Contains(block, flag) {
				t.Errorf("README.md names the option %s without its flag, --%s", n.Option, n.Flag)
			}
		}
	}
}

// The page has a row for every paragraph of the connector's documentation, and every
// command in a row exists. testdata has the paragraphs: number, first half of the SHA-256
// of the words, and the first five words.
func TestDatabricksPageIsComplete(t *testing.T) {
	list, err := os.ReadFile(filepath.Join("testdata", "connector-paragraphs.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for line := range strings.SplitSeq(strings.TrimSpace(string(list)), "\n") {
		parts := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(parts) != 3 || parts[0] != strconv.Itoa(len(words)+1) || len(strings.Fields(parts[2])) > 5 {
			t.Fatalf("testdata: %q", line)
		}
		words = append(words, parts[2])
	}
	page := readDoc(t, "docs", "databricks.md")
	flagsExist(t, "docs/databricks.md", page)
	next := 1
	root := Manual()
	for line := range strings.SplitSeq(page, "\n") {
		row := databricksRow.FindStringSubmatch(line)
		if row == nil {
			if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "| | ") && !strings.HasPrefix(line, "|---") {
				t.Errorf("not a row: %s", line)
			}
			continue
		}
		first, _ := strconv.Atoi(row[1])
		last := first
		if row[2] != "" {
			last, _ = strconv.Atoi(row[2])
		}
		if first != next || last < first || last > len(words) {
			t.Fatalf("after paragraph %d comes %s", next-1, line)
		}
		if row[3] != words[first-1] {
			t.Errorf("paragraph %d begins %q, not %q", first, words[first-1], row[3])
		}
		for _, m := range anyCommand.FindAllStringSubmatch(row[4], -1) {
			if c, rest, err := root.Find([]string{m[2]}); err != nil || len(rest) > 0 || c == root {
				t.Errorf("paragraph %d names kin %s%s, which does not exist", first, m[1], m[2])
			}
		}
		next = last + 1
	}
	if next != len(words)+1 {
		t.Errorf("the page ends with paragraph %d of %d", next-1, len(words))
	}
}

// The example in kin help settings is a valid configuration file.
func TestSettingsExampleIsValid(t *testing.T) {
	var file []string
	for line := range strings.SplitSeq(manual.SettingsHelp, "\n") {
		if example, ok := strings.CutPrefix(line, "  "); ok {
			file = append(file, example)
		}
	}
	tables, err := settings.Parse("x", []byte(strings.Join(file, "\n")), Manual())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for table, settings := range tables {
		for flag, s := range settings {
			got = append(got, fmt.Sprint(table, ".", flag, "=", s.Values))
		}
	}
	slices.Sort(got)
	want := []string{".max-fetch-rate=[0.5]", ".region=[eu-west-1]", "local.stream=[orders:4 payments]", "read.metrics=[kin-metrics.jsonl]"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Command docs generates documents from kin's command tree. docs/reference and docs/options.md, the
// command reference and the table of options, are committed. The man pages and the completions are
// parts of a release's archives.
//
//	go run ./scripts/docs -reference docs/reference -options docs/options.md
//	go run ./scripts/docs -man manpages -completions completions -version 1.2.3
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"kin/cmd"
)

func main() {
	reference := flag.String("reference", "", "write the command reference as Markdown into this `folder`")
	options := flag.String("options", "", "write the table of the connector's options as Markdown to this `file`")
	man := flag.String("man", "", "write man pages into this `folder`")
	completions := flag.String("completions", "", "write shell completions into this `folder`")
	version := flag.String("version", "devel", "the version in the man pages")
	date := flag.String("date", "", "the date in the man pages, RFC 3339 (default: now)")
	flag.Parse()
	if flag.NArg() > 0 || (*reference == "" && *options == "" && *man == "" && *completions == "") {
		flag.Usage()
		os.Exit(2)
	}
	if *options != "" {
		if err := os.WriteFile(*options, []byte(cmd.OptionsPage(cmd.Manual())), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "docs:", err)
			os.Exit(1)
		}
	}
	if err := run(*reference, *man, *completions, *version, *date); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(reference, man, completions, version, date string) error {
	if reference != "" {
		if err := writeReference(cmd.Manual(), reference); err != nil {
			return fmt.Errorf("write reference: %w", err)
		}
	}
	if man != "" {
		at := time.Now()
		if date != "" {
			var err error
			if at, err = time.Parse(time.RFC3339, date); err != nil {
				return err
			}
		}
		if err := writeMan(cmd.Manual(), man, version, at); err != nil {
			return fmt.Errorf("write man pages: %w", err)
		}
	}
	if completions != "" {
		if err := writeCompletions(cmd.Manual(), completions); err != nil {
			return fmt.Errorf("write completions: %w", err)
		}
	}
	return nil
}

// folder makes dir an empty directory, so that pages of removed commands are deleted.
func folder(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755)
}

// pages calls write for c and for each command and help topic below it.
func pages(c *cobra.Command, write func(*cobra.Command) error) error {
	if err := write(c); err != nil {
		return err
	}
	for _, child := range c.Commands() {
		if child.Hidden || child.Name() == "help" {
			continue
		}
		if err := pages(child, write); err != nil {
			return err
		}
	}
	return nil
}

// markdown indents the indented lines of a help text further, so that they become code blocks. The
// generator of man pages treats the text as Markdown, where two spaces have no meaning.
func markdown(help string) string {
	lines := strings.Split(help, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  ") {
			lines[i] = "  " + line
		}
	}
	return strings.Join(lines, "\n")
}

func writeReference(root *cobra.Command, dir string) error {
	if err := folder(dir); err != nil {
		return err
	}
	return pages(root, func(c *cobra.Command) error {
		return os.WriteFile(filepath.Join(dir, cmd.ReferenceName(c)+".md"), []byte(cmd.ReferencePage(c)), 0o644)
	})
}

func writeMan(root *cobra.Command, dir, version string, at time.Time) error {
	if err := folder(dir); err != nil {
		return err
	}
	cmd.UseFullTexts(root)
	return pages(root, func(c *cobra.Command) error {
		c.DisableAutoGenTag = true
		c.Long = markdown(c.Long)
		page := strings.ReplaceAll(c.CommandPath(), " ", "-")
		var b bytes.Buffer
		header := &doc.GenManHeader{
			Title:   strings.ToUpper(page),
			Section: "1",
			Date:    &at,
			Source:  "kin " + version,
			Manual:  "kin manual",
		}
		if err := doc.GenMan(c, header, &b); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, page+".1"), b.Bytes(), 0o644)
	})
}

func writeCompletions(root *cobra.Command, dir string) error {
	if err := folder(dir); err != nil {
		return err
	}
	for name, generate := range map[string]func(io.Writer) error{
		"kin.bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"_kin":     root.GenZshCompletion,
		"kin.fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
		"kin.ps1":  root.GenPowerShellCompletionWithDesc,
	} {
		var b bytes.Buffer
		if err := generate(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

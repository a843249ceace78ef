// Command stanzas converts the paragraphs of `apt-cache dumpavail` on stdin to JSON lines on
// stdout, one for each paragraph. A line has each field of the paragraph under its own name. It
// also has "key", which is the maintainer, and "n", the number of the record among those with the
// same key, from 1. scripts/verify checks the order with "key" and "n".
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "stanzas:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	w := bufio.NewWriter(out)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)

	count := map[string]int{}
	stanza := map[string]any{}
	field := ""
	flush := func() error {
		if len(stanza) == 0 {
			return nil
		}
		key, ok := stanza["Maintainer"].(string)
		if !ok {
			return fmt.Errorf("package %v has no maintainer", stanza["Package"])
		}
		count[key]++
		stanza["key"], stanza["n"] = key, count[key]
		err := e.Encode(stanza)
		clear(stanza)
		return err
	}
	for lines.Scan() {
		line := lines.Text()
		switch name, value, found := strings.Cut(line, ":"); {
		case line == "":
			if err := flush(); err != nil {
				return err
			}
		case line[0] == ' ' || line[0] == '\t':
			text, _ := stanza[field].(string)
			stanza[field] = text + "\n" + line
		case found:
			field = name
			stanza[field] = strings.TrimPrefix(value, " ")
		default:
			return fmt.Errorf("the line is not a field: %q", line)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	return w.Flush()
}

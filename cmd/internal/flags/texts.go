// Package flags has the values that flags take and the groups of flags that
// commands share. A value parses itself at the border, and its error says what is
// wanted.
package flags

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Text is a text that is not blank; its zero value is none. An empty one
// is a shell's variable that was not set, and would be no flag at all.
type Text struct {
	Text string
	Kind string // what the text names, for messages
}

// Set takes what was typed. Its error says what is wanted.
func (v *Text) Set(s string) error {
	if isBlank(s) {
		return fmt.Errorf("want %s", v.Kind)
	}
	v.Text = s
	return nil
}

func (v *Text) String() string { return v.Text }

// Type names the value in the help.
func (v *Text) Type() string { return "text" }

// WantShard and WantURL are what flags about shards and endpoints want.
const (
	WantShard = "the ID of a shard, such as shardId-000000000000"
	WantURL   = "a URL such as http://127.0.0.1:4567"
)

// isBlank reports whether a text has nothing that can be seen.
func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// TextVar gives a command a flag for a text that is not blank and is kept in
// p; kind is what it names, for messages.
func TextVar(f *pflag.FlagSet, p *string, name, kind, usage string) {
	f.Var(&textAt{p, kind}, name, usage)
}

// textAt is a Text that is kept elsewhere.
type textAt struct {
	p    *string
	kind string
}

func (v *textAt) Set(s string) error {
	text := Text{Kind: v.kind}
	err := text.Set(s)
	if err == nil {
		*v.p = text.Text
	}
	return err
}

func (v *textAt) String() string {
	if v.p == nil { // pflag's own idea of a zero value
		return ""
	}
	return *v.p
}

func (v *textAt) Type() string { return "text" }

// Texts is a list of texts, none of them blank; its zero value is none. A
// list that is nothing but an empty text would ask for what no list does: all.
type Texts struct {
	List   []string
	Kind   string // what each text names, for messages
	Commas bool   // several may stand in one value
}

// Set takes what was typed. Its error says what is wanted.
func (v *Texts) Set(s string) error {
	texts := []string{s}
	if v.Commas {
		texts = strings.Split(s, ",")
	}
	for _, text := range texts {
		if isBlank(text) {
			return fmt.Errorf("want %s", v.Kind)
		}
		v.List = append(v.List, strings.TrimSpace(text))
	}
	return nil
}

func (v *Texts) String() string { return strings.Join(v.List, ",") }

// Type names the value in the help.
func (v *Texts) Type() string { return "texts" }

// isHostPort reports whether s is HOST:PORT; the host may be empty.
func isHostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return err == nil
}

// Address is a host and a port to listen at; its zero value is none.
type Address string

// Set takes what was typed. Its error says what is wanted.
func (v *Address) Set(s string) error {
	if !isHostPort(s) {
		return fmt.Errorf("want an address such as 127.0.0.1:9464")
	}
	*v = Address(s)
	return nil
}

func (v *Address) String() string { return string(*v) }

// Type names the value in the help.
func (v *Address) Type() string { return "address" }

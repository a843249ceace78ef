// Package flags has the values of flags, and the groups of flags that commands share. A
// value parses itself when the flag is set, and its error lists which values are accepted.
package flags

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Text is a text that must not be blank. The zero value is none. A blank value is an error,
// because it usually comes from a shell variable that is not set.
type Text struct {
	Text string
	Kind string // the kind of the text, for messages
}

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Text) Set(s string) error {
	if isBlank(s) {
		return fmt.Errorf("want %s", v.Kind)
	}
	v.Text = s
	return nil
}

func (v *Text) String() string { return v.Text }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Text) Type() string { return "text" }

// The kinds of texts for flags about shards and endpoints.
const (
	WantShard = "the ID of a shard, such as shardId-000000000000"
	WantURL   = "a URL such as http://127.0.0.1:4567"
)

// isBlank reports whether a text has only white space.
func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// textPointer is a Text whose value is stored in *p. Section.Text adds it.
type textPointer struct {
	p    *string
	kind string
}

func (v *textPointer) Set(s string) error {
	text := Text{Kind: v.kind}
	err := text.Set(s)
	if err == nil {
		*v.p = text.Text
	}
	return err
}

func (v *textPointer) String() string {
	if v.p == nil { // pflag calls String on a zero value
		return ""
	}
	return *v.p
}

func (v *textPointer) Type() string { return "text" }

// Texts is a list of texts that must not be blank. The zero value is an empty list, which
// means all. That is why a blank value is an error.
type Texts struct {
	List   []string
	Kind   string // the kind of each text, for messages
	Commas bool   // one value may have several texts, separated by commas
}

// Set implements pflag.Value. Its error lists the accepted values.
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

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Texts) Type() string { return "texts" }

// isHostPort reports whether s is HOST:PORT. The host may be empty.
func isHostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return err == nil
}

// Address is a host and a port to listen at. The zero value is none.
type Address string

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Address) Set(s string) error {
	if !isHostPort(s) {
		return fmt.Errorf("want an address such as 127.0.0.1:9464")
	}
	*v = Address(s)
	return nil
}

func (v *Address) String() string { return string(*v) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Address) Type() string { return "address" }

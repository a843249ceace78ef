package cmd

import (
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"
	"github.com/xhit/go-str2duration/v2"

	"kin/internal/record"
)

// The flag values below are pflag.Values: they parse at the border and say
// what is wanted when they cannot.

// durationValue is a duration such as 200ms, 10s, 2m or 1d3h.
type durationValue time.Duration

func (v *durationValue) Set(s string) error {
	d, err := str2duration.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("want a duration such as 200ms, 10s, 2m or 1d3h")
	}
	*v = durationValue(d)
	return nil
}

// String is the duration as it may be typed: 5m, 1d3h. Zero is 0, which the help
// does not show as a default.
func (v *durationValue) String() string {
	if *v == 0 {
		return "0"
	}
	return str2duration.String(time.Duration(*v))
}

func (v *durationValue) Type() string { return "duration" }

// spanValue is a duration of more than nothing; its zero value is none.
type spanValue struct{ durationValue }

func (v *spanValue) Set(s string) error {
	var d durationValue
	if err := d.Set(s); err != nil || d == 0 {
		return fmt.Errorf("want a duration of more than 0, such as 500ms, 10s or 2m")
	}
	v.durationValue = d
	return nil
}

// textValue is a text that is not blank; its zero value is none. An empty one
// is a shell's variable that was not set, and would be no flag at all.
type textValue struct {
	text string
	kind string // what the text names, for messages
}

func (v *textValue) Set(s string) error {
	if isBlank(s) {
		return fmt.Errorf("want %s", v.kind)
	}
	v.text = s
	return nil
}

func (v *textValue) String() string { return v.text }
func (v *textValue) Type() string   { return "text" }

// wantShard and wantURL are what flags about shards and endpoints want.
const (
	wantShard = "the ID of a shard, such as shardId-000000000000"
	wantURL   = "a URL such as http://127.0.0.1:4567"
)

// isBlank says whether a text has nothing that can be seen.
func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// textVar gives a command a flag for a text that is not blank and is kept in
// p; kind is what it names, for messages.
func textVar(f *pflag.FlagSet, p *string, name, kind, usage string) {
	f.Var(&textAt{p, kind}, name, usage)
}

// textAt is a textValue that is kept elsewhere.
type textAt struct {
	p    *string
	kind string
}

func (v *textAt) Set(s string) error {
	text := textValue{kind: v.kind}
	err := text.Set(s)
	if err == nil {
		*v.p = text.text
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

// textsValue is a list of texts, none of them blank; its zero value is none. A
// list that is nothing but an empty text would ask for what no list does: all.
type textsValue struct {
	list   []string
	kind   string // what each text names, for messages
	commas bool   // several may stand in one value
}

func (v *textsValue) Set(s string) error {
	texts := []string{s}
	if v.commas {
		texts = strings.Split(s, ",")
	}
	for _, text := range texts {
		if isBlank(text) {
			return fmt.Errorf("want %s", v.kind)
		}
		v.list = append(v.list, strings.TrimSpace(text))
	}
	return nil
}

func (v *textsValue) String() string { return strings.Join(v.list, ",") }
func (v *textsValue) Type() string   { return "texts" }

// addressValue is a host and a port to listen at; its zero value is none.
type addressValue string

func (v *addressValue) Set(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("want an address such as 127.0.0.1:9464")
	}
	*v = addressValue(s)
	return nil
}

func (v *addressValue) String() string { return string(*v) }
func (v *addressValue) Type() string   { return "address" }

// taskValue is a number of tasks; its zero value is as many as are needed.
type taskValue int

func (v *taskValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return fmt.Errorf("want a number of tasks, 1 or more")
	}
	*v = taskValue(n)
	return nil
}

func (v *taskValue) String() string { return strconv.Itoa(int(*v)) }
func (v *taskValue) Type() string   { return "tasks" }

// sizeValue is a number of bytes such as 10mb, 2gb or 64mib.
type sizeValue int64

func (v *sizeValue) Set(s string) error {
	n, err := humanize.ParseBytes(s)
	if err != nil || n > math.MaxInt64 {
		return fmt.Errorf("want a size such as 10mb, 2gb or 64mib")
	}
	*v = sizeValue(n)
	return nil
}

func (v *sizeValue) String() string {
	return strings.ToLower(strings.ReplaceAll(humanize.Bytes(uint64(*v)), " ", ""))
}

func (v *sizeValue) Type() string { return "size" }

// rateValue is a rate in MB/s, or unlimited.
type rateValue float64

const unlimited = "unlimited"

func (v *rateValue) Set(s string) error {
	if s == unlimited {
		*v = rateValue(math.Inf(1))
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("want a number of MB/s, at most 2.0")
	}
	*v = rateValue(f)
	return nil
}

func (v *rateValue) String() string {
	if math.IsInf(float64(*v), 1) {
		return unlimited
	}
	return strconv.FormatFloat(float64(*v), 'f', -1, 64)
}

func (v *rateValue) Type() string { return "MB/s" }

// positionValue is where reading begins.
type positionValue struct {
	record.Position
	given bool
}

func (v *positionValue) Set(s string) error {
	p, err := record.ParsePosition(s)
	if err != nil {
		return err
	}
	v.Position, v.given = p, true
	return nil
}

func (v *positionValue) Type() string { return "position" }

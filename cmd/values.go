package cmd

import (
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/xhit/go-str2duration/v2"

	"kin/reader"
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

// textValue is a text that is not empty; its zero value is none. An empty one
// is a shell's variable that was not set, and would be no flag at all.
type textValue struct {
	text string
	kind string // what the text names, for messages
}

func (v *textValue) Set(s string) error {
	if s == "" {
		return fmt.Errorf("want %s", v.kind)
	}
	v.text = s
	return nil
}

func (v *textValue) String() string { return v.text }
func (v *textValue) Type() string   { return "text" }

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
	reader.Position
	given bool
}

func (v *positionValue) Set(s string) error {
	p, err := reader.ParsePosition(s)
	if err != nil {
		return err
	}
	v.Position, v.given = p, true
	return nil
}

func (v *positionValue) Type() string { return "position" }

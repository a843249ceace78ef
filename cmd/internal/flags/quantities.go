package flags

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/xhit/go-str2duration/v2"
)

// Limit is a number of records, 1 or more. The zero value means no limit.
type Limit int64

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Limit) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return fmt.Errorf("want a number of records, 1 or more")
	}
	*v = Limit(n)
	return nil
}

func (v *Limit) String() string { return strconv.FormatInt(int64(*v), 10) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Limit) Type() string { return "N" }

// Count is a number of records, 0 or more. N counts only if Given is true.
type Count struct {
	N     int64
	Given bool
}

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Count) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("want a number of records, 0 or more")
	}
	v.N, v.Given = n, true
	return nil
}

func (v *Count) String() string {
	if !v.Given {
		return ""
	}
	return strconv.FormatInt(v.N, 10)
}

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Count) Type() string { return "N" }

// Duration is a duration such as 200ms, 10s, 2m or 1d3h.
type Duration time.Duration

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Duration) Set(s string) error {
	d, err := str2duration.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("want a duration such as 200ms, 10s, 2m or 1d3h")
	}
	*v = Duration(d)
	return nil
}

// String returns the duration as a flag's value, such as 5m or 1d3h. Zero is 0, which the
// help does not show as a default.
func (v *Duration) String() string {
	if *v == 0 {
		return "0"
	}
	return str2duration.String(time.Duration(*v))
}

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Duration) Type() string { return "duration" }

// Span is a duration of more than 0. The zero value is none.
type Span struct{ Duration }

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Span) Set(s string) error {
	var d Duration
	if err := d.Set(s); err != nil || d == 0 {
		return fmt.Errorf("want a duration of more than 0, such as 500ms, 10s or 2m")
	}
	v.Duration = d
	return nil
}

// Tasks is a number of tasks. The zero value means as many as are needed.
type Tasks int

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Tasks) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return fmt.Errorf("want a number of tasks, 1 or more")
	}
	*v = Tasks(n)
	return nil
}

func (v *Tasks) String() string { return strconv.Itoa(int(*v)) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Tasks) Type() string { return "tasks" }

// Size is a number of bytes, typed as 10mb, 2gb or 64mib.
type Size int64

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Size) Set(s string) error {
	n, err := humanize.ParseBytes(s)
	if err != nil || n > math.MaxInt64 {
		return fmt.Errorf("want a size such as 10mb, 2gb or 64mib")
	}
	*v = Size(n)
	return nil
}

func (v *Size) String() string {
	return strings.ToLower(strings.ReplaceAll(humanize.Bytes(uint64(*v)), " ", ""))
}

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Size) Type() string { return "size" }

// FetchRate is a rate in MB/s. Infinity means unlimited.
type FetchRate float64

// Unlimited is the value of a rate without a limit.
const Unlimited = "unlimited"

// Set implements pflag.Value. Its error lists the accepted values.
func (v *FetchRate) Set(s string) error {
	if s == Unlimited {
		*v = FetchRate(math.Inf(1))
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("want a number of MB/s, at most 2.0")
	}
	*v = FetchRate(f)
	return nil
}

func (v *FetchRate) String() string {
	if math.IsInf(float64(*v), 1) {
		return Unlimited
	}
	return strconv.FormatFloat(float64(*v), 'f', -1, 64)
}

// Type implements pflag.Value: it is the placeholder in the help.
func (v *FetchRate) Type() string { return "MB/s" }

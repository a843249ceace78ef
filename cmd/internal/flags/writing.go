package flags

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"kin/cmd/internal/console"
)

// WriteRate is the value of --rate: records or bytes a second. The zero value sets no limit
// beyond those of the shards.
type WriteRate struct {
	Text           string
	Records, Bytes float64
	Unlimited      bool
}

func (v *WriteRate) String() string { return v.Text }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *WriteRate) Type() string { return "rate" }

var errWriteRate = errors.New("want records or bytes a second, such as 100/s, 2.5/s or 1mb/s")

// Set implements pflag.Value. Its error lists the accepted values.
func (v *WriteRate) Set(s string) error {
	if s == Unlimited {
		*v = WriteRate{Text: s, Unlimited: true}
		return nil
	}
	amount, ok := strings.CutSuffix(s, "/s")
	if !ok {
		return errWriteRate
	}
	if n, err := strconv.ParseFloat(amount, 64); err == nil {
		if !(n > 0) || math.IsInf(n, 0) {
			return errWriteRate
		}
		*v = WriteRate{Text: s, Records: n}
		return nil
	}
	n, err := humanize.ParseBytes(amount)
	if err != nil || n == 0 || n > math.MaxInt64 {
		return errWriteRate
	}
	*v = WriteRate{Text: s, Bytes: float64(n)}
	return nil
}

// Pace is the value of --pace: a multiple of the speed at which the records once arrived.
// The zero value is none.
type Pace float64

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Pace) Set(s string) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
	if err != nil || !strings.HasSuffix(s, "x") || !(n > 0) || math.IsInf(n, 0) {
		return errors.New("want a multiple of the speed at which the records arrived, such as 1x, 10x or 0.5x")
	}
	*v = Pace(n)
	return nil
}

func (v *Pace) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*v), 'f', -1, 64) + "x"
}

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Pace) Type() string { return "times" }

// Skip is a number of records, 0 or more.
type Skip int64

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Skip) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return errors.New("want a number of records, 0 or more")
	}
	*v = Skip(n)
	return nil
}

func (v *Skip) String() string { return strconv.FormatInt(int64(*v), 10) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Skip) Type() string { return "records" }

// Compression is the value of --compress. The zero value is none.
type Compression string

// How payloads are compressed.
const (
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
)

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Compression) Set(s string) error { return console.Choose(v, s, Gzip, Zstd) }

func (v *Compression) String() string { return string(*v) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Compression) Type() string { return "form" }

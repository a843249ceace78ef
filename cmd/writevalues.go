package cmd

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// writeRate is the value of --rate: records or bytes a second; its zero value
// is no rate of one's own, which leaves the shards' limits.
type writeRate struct {
	text           string
	records, bytes float64
	unlimited      bool
}

func (v *writeRate) String() string { return v.text }
func (v *writeRate) Type() string   { return "rate" }

var errWriteRate = errors.New("want records or bytes a second, such as 100/s, 2.5/s or 1mb/s")

func (v *writeRate) Set(s string) error {
	if s == unlimited {
		*v = writeRate{text: s, unlimited: true}
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
		*v = writeRate{text: s, records: n}
		return nil
	}
	n, err := humanize.ParseBytes(amount)
	if err != nil || n == 0 || n > math.MaxInt64 {
		return errWriteRate
	}
	*v = writeRate{text: s, bytes: float64(n)}
	return nil
}

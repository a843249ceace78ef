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

// paceValue is the value of --pace; its zero value is no pace.
type paceValue float64

func (v *paceValue) Set(s string) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
	if err != nil || !strings.HasSuffix(s, "x") || !(n > 0) || math.IsInf(n, 0) {
		return errors.New("want how many times as fast as the records once arrived, such as 1x, 10x or 0.5x")
	}
	*v = paceValue(n)
	return nil
}

func (v *paceValue) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*v), 'f', -1, 64) + "x"
}

func (v *paceValue) Type() string { return "times" }

// skipValue is a number of records, 0 or more.
type skipValue int64

func (v *skipValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return errors.New("want a number of records, 0 or more")
	}
	*v = skipValue(n)
	return nil
}

func (v *skipValue) String() string { return strconv.FormatInt(int64(*v), 10) }
func (v *skipValue) Type() string   { return "records" }

// compressionValue is the value of --compress; its zero value is none.
type compressionValue string

const (
	compressGzip compressionValue = "gzip"
	compressZstd compressionValue = "zstd"
)

func (v *compressionValue) Set(s string) error {
	switch c := compressionValue(s); c {
	case compressGzip, compressZstd:
		*v = c
		return nil
	}
	return errors.New("want gzip or zstd")
}

func (v *compressionValue) String() string { return string(*v) }
func (v *compressionValue) Type() string   { return "form" }

// Package words formats numbers, sizes and durations for people.
package words

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/xhit/go-str2duration/v2"
)

// Count formats n with a noun. The plural of the noun must be regular.
func Count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return humanize.Comma(n) + " " + stem + "ies"
	}
	return humanize.Comma(n) + " " + noun + "s"
}

// Bytes formats a number of bytes with decimal units, as the service's documentation does:
// 11.8 MB.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := humanize.ComputeSI(float64(n))
	return fmt.Sprintf("%.1f %sB", value, prefix)
}

// Lasted formats a duration: 3.2s, 5m12s.
func Lasted(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return str2duration.String(d.Round(time.Second))
}

package report

import (
	"fmt"
	"os"
	"time"

	"github.com/dustin/go-humanize"

	"kin/cmd/internal/console"
	"kin/internal/words"
	"kin/reader"
)

// StartLive shows r's progress in the live line. The caller has to call Stop.
func StartLive(c *console.Console, r *reader.Reader) *console.LiveLine {
	var before reader.Progress
	return c.StartLine(!console.IsTerminal(c.Out) && os.Getenv("TERM") != "dumb", func() string {
		now := r.Progress()
		text := ReadLine(before, now, console.LiveEvery)
		before = now
		return text
	})
}

// ReadLine returns the live line for the progress between two points in time.
func ReadLine(before, now reader.Progress, interval time.Duration) string {
	rate := float64(now.Records-before.Records) / interval.Seconds()
	mb := float64(now.Bytes-before.Bytes) / interval.Seconds() / 1e6
	return fmt.Sprintf("%s records  %s/s  %.1f MB/s  behind %s  %s",
		humanize.Comma(now.Records), humanize.Comma(int64(rate)), mb, now.Behind.Round(time.Second), words.Count(int64(now.Shards), "shard"))
}

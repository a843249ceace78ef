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

// StartLive shows r's progress until stop.
func StartLive(c *console.Console, r *reader.Reader) *console.LiveLine {
	var before reader.Progress
	return c.StartLine(!console.IsTerminal(c.Out) && os.Getenv("TERM") != "dumb", func() string {
		now := r.Progress()
		text := ReadLine(before, now, console.LiveEvery)
		before = now
		return text
	})
}

// ReadLine is the line for what happened between two looks.
func ReadLine(before, now reader.Progress, between time.Duration) string {
	rate := float64(now.Records-before.Records) / between.Seconds()
	mb := float64(now.Bytes-before.Bytes) / between.Seconds() / 1e6
	return fmt.Sprintf("%s records  %s/s  %.1f MB/s  behind %s  %s",
		humanize.Comma(now.Records), humanize.Comma(int64(rate)), mb, now.Behind.Round(time.Second), words.Count(int64(now.Shards), "shard"))
}

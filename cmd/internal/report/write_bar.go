package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/xhit/go-str2duration/v2"

	"kin/cmd/internal/console"
	"kin/internal/input"
	"kin/internal/words"
	"kin/writer"
)

// StartBar shows how far a run is, on a terminal, when the size of its input is
// known and the bar is wanted.
func StartBar(c *console.Console, in *input.Files, w *writer.Writer, skip int64, wanted bool) *console.LiveLine {
	began := time.Now()
	return c.StartLine(wanted && in.Size > 0 && c.Colored(c.Err), func() string {
		return barText(in.Position(), in.Size, w.Progress(), skip, time.Since(began))
	})
}

const barWidth = 20

// mostLeft is the longest time left that is shown: an estimate of more is no use,
// and may be longer than a duration can be.
const mostLeft = 1000 * time.Hour

// barText is the line for a run that has read so many bytes of an input. What
// is read waits before it is written, so the number of all records is taken
// from those in the part that was read.
func barText(read, size int64, s writer.Summary, skip int64, took time.Duration) string {
	done := s.Read - skip // what counts for the pace
	if read <= 0 || done <= 0 || took <= 0 {
		return ""
	}
	all := float64(s.Read)*float64(size)/float64(read) - float64(skip)
	settled := float64(s.Written + s.Rejected)
	share := min(1, settled/max(1, all))
	rate := float64(s.Written) / took.Seconds()
	text := fmt.Sprintf("[%-*s] %3.0f %%  %s records  %s/s  %s/s", barWidth, strings.Repeat("=", int(share*barWidth)), share*100,
		humanize.Comma(s.Written), humanize.Comma(int64(rate)), words.Bytes(int64(float64(s.Bytes)/took.Seconds())))
	if left := took.Seconds() / settled * (all - settled); settled > 0 && share < 1 && left < mostLeft.Seconds() {
		text += "  " + str2duration.String(time.Duration(left*float64(time.Second)).Round(time.Second)) + " left"
	}
	return text
}

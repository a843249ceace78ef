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

// StartBar shows the progress of a write in the live line. It shows nothing unless stderr
// is a terminal with colours, the size of the input is known, and wanted is true. skip is
// the number of records of --skip. The caller has to call Stop.
func StartBar(c *console.Console, in *input.Files, w *writer.Writer, skip int64, wanted bool) *console.LiveLine {
	began := time.Now()
	return c.StartLine(wanted && in.Size > 0 && c.Colored(c.Err), func() string {
		return barText(in.Position(), in.Size, w.Progress(), skip, time.Since(began))
	})
}

const barWidth = 20

// maxRemaining is the longest remaining time that is shown. A longer estimate is useless,
// and may overflow time.Duration.
const maxRemaining = 1000 * time.Hour

// barText returns the live line of a run that has read this many bytes of its input.
// Records wait after they were read. So the total number of records is estimated from the
// part of the input that was read.
func barText(read, size int64, s writer.Summary, skip int64, took time.Duration) string {
	done := s.Read - skip // skipped records do not count for the speed
	if read <= 0 || done <= 0 || took <= 0 {
		return ""
	}
	all := float64(s.Read)*float64(size)/float64(read) - float64(skip)
	settled := float64(s.Written + s.Rejected)
	share := min(1, settled/max(1, all))
	rate := float64(s.Written) / took.Seconds()
	text := fmt.Sprintf("[%-*s] %3.0f %%  %s records  %s/s  %s/s", barWidth, strings.Repeat("=", int(share*barWidth)), share*100,
		humanize.Comma(s.Written), humanize.Comma(int64(rate)), words.Bytes(int64(float64(s.Bytes)/took.Seconds())))
	if remaining := took.Seconds() / settled * (all - settled); settled > 0 && share < 1 && remaining < maxRemaining.Seconds() {
		text += "  " + str2duration.String(time.Duration(remaining*float64(time.Second)).Round(time.Second)) + " left"
	}
	return text
}

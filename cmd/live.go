package cmd

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"kin/reader"
)

// live is the line on stderr that says how a run goes. It is shown when stderr
// is a terminal and stdout is not, so that it never mixes with records.
type live struct {
	quit  chan struct{}
	ended sync.WaitGroup
}

const liveEvery = 500 * time.Millisecond

// startLive shows r's progress until stop.
func (e *env) startLive(r *reader.Reader) *live {
	var before reader.Progress
	return e.startLine(!isTerminal(e.Out) && os.Getenv("TERM") != "dumb", func() string {
		now := r.Progress()
		text := liveText(before, now, liveEvery)
		before = now
		return text
	})
}

// startLine shows what text returns until stop. It returns a live line that
// shows nothing where none is wanted.
func (e *env) startLine(wanted bool, text func() string) *live {
	l := &live{quit: make(chan struct{})}
	if wanted && !e.quiet && !e.debug && isTerminal(e.Err) {
		l.ended.Go(func() { l.refresh(e.stderr, text) })
	}
	return l
}

// refresh shows what text returns, again and again, until it is stopped.
func (l *live) refresh(s *stderr, text func() string) {
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.show(text())
		case <-l.quit:
			s.hide()
			return
		}
	}
}

func (l *live) stop() {
	close(l.quit)
	l.ended.Wait()
}

// liveText is the line for what happened between two looks.
func liveText(before, now reader.Progress, between time.Duration) string {
	rate := float64(now.Records-before.Records) / between.Seconds()
	mb := float64(now.Bytes-before.Bytes) / between.Seconds() / 1e6
	return fmt.Sprintf("%s records  %s/s  %.1f MB/s  behind %s  %s",
		humanize.Comma(now.Records), humanize.Comma(int64(rate)), mb, now.Behind.Round(time.Second), counted(int64(now.Shards), "shard"))
}

// terminalWidth is the number of columns of a terminal, or 80.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

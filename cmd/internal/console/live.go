package console

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// LiveLine shows the progress of a run in one line on stderr, which it rewrites. Callers
// show it only if it cannot mix with records on stdout.
type LiveLine struct {
	quit  chan struct{}
	ended sync.WaitGroup
}

// LiveEvery is the time between two updates of a live line.
const LiveEvery = 500 * time.Millisecond

// StartLine shows the result of text every LiveEvery until Stop. The line stays empty if
// wanted is false, if stderr is not a terminal, and with -q or --debug. The caller has to
// call Stop.
func (c *Console) StartLine(wanted bool, text func() string) *LiveLine {
	l := &LiveLine{quit: make(chan struct{})}
	if wanted && !c.IsQuiet && !c.IsDebug && IsTerminal(c.Err) {
		l.ended.Go(func() { l.refresh(c.Stderr, text) })
	}
	return l
}

// refresh shows the result of text repeatedly until Stop is called.
func (l *LiveLine) refresh(s *Stderr, text func() string) {
	tick := time.NewTicker(LiveEvery)
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

// Stop clears the line and waits until its goroutine has ended.
func (l *LiveLine) Stop() {
	close(l.quit)
	l.ended.Wait()
}

// TerminalWidth returns the number of columns of a terminal, or 80 for anything else.
func TerminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

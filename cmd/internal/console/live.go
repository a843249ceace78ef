package console

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// LiveLine is the line on stderr that says how a run goes. It is shown when stderr
// is a terminal and stdout is not, so that it never mixes with records.
type LiveLine struct {
	quit  chan struct{}
	ended sync.WaitGroup
}

// LiveEvery is how often a live line is drawn.
const LiveEvery = 500 * time.Millisecond

// StartLine shows what text returns until stop. It returns a live line that
// shows nothing where none is wanted.
func (c *Console) StartLine(wanted bool, text func() string) *LiveLine {
	l := &LiveLine{quit: make(chan struct{})}
	if wanted && !c.IsQuiet && !c.IsDebug && IsTerminal(c.Err) {
		l.ended.Go(func() { l.refresh(c.Stderr, text) })
	}
	return l
}

// refresh shows what text returns, again and again, until it is stopped.
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

// Stop clears the line and ends it.
func (l *LiveLine) Stop() {
	close(l.quit)
	l.ended.Wait()
}

// TerminalWidth is the number of columns of a terminal, or 80.
func TerminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

package console

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"
)

// Stderr is the one way to the standard error of a run: messages, the log, the
// live line and questions. It is safe for several goroutines: none of them comes
// between the parts of another. A stderr that takes nothing holds up nobody: see
// stderrQueue.
type Stderr struct {
	queue stderrQueue

	mu    sync.Mutex // guards atEnd
	atEnd []string   // what is printed when everything else has been
}

const clearLine = "\r\x1b[K"

// newStderr returns the way to w.
func newStderr(w io.Writer) *Stderr { return &Stderr{queue: stderrQueue{w: w}} }

// Write prints whole lines, as they are. It has no failure to report.
func (s *Stderr) Write(p []byte) (int, error) {
	s.queue.put(string(p))
	return len(p), nil
}

// message prints a message, a line for each of its own. It has nowhere to report its
// own failure.
func (s *Stderr) message(message string) { s.queue.put(messageLines(message)) }

// offer is message for what may be dropped when stderr is blocked.
func (s *Stderr) offer(message string) { s.queue.offer(messageLines(message)) }

// messageLines is a message as it is printed.
func messageLines(message string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(message, "\n") {
		b.WriteString("kin: ")
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// WriteData prints what the user asked for and waits until stderr has taken it, or until
// ctx ends. Its error is that of the write, or the cause of the end of ctx.
func (s *Stderr) WriteData(ctx context.Context, text string) error {
	return s.queue.data(ctx, text)
}

// Flush waits until everything is printed, or stderr is blocked.
func (s *Stderr) Flush() { s.queue.flush(time.Now()) }

// stderrLog is stderr for log lines, which are dropped when stderr is blocked.
type stderrLog struct{ *Stderr }

func (l stderrLog) Write(p []byte) (int, error) {
	l.queue.offer(string(p))
	return len(p), nil
}

// show replaces the live line. What cannot be shown is no loss.
func (s *Stderr) show(text string) { s.queue.show(text) }

// hide clears the live line, which is not shown any more.
func (s *Stderr) hide() { s.queue.hide() }

// keep keeps a message for the end of the run.
func (s *Stderr) keep(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atEnd = append(s.atEnd, message)
}

// TakeLastMessages returns the messages that were kept, in their order, and forgets
// them.
func (s *Stderr) TakeLastMessages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.atEnd
	s.atEnd = nil
	return kept
}

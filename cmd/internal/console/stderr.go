package console

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"
)

// Stderr writes everything that a run prints on its standard error: messages, the log, the
// live line and questions. It is safe for concurrent use, and texts of different goroutines
// never mix. A blocked stderr does not block its callers: see stderrQueue.
type Stderr struct {
	queue stderrQueue

	mu    sync.Mutex // guards atEnd
	atEnd []string   // messages for after everything else
}

const clearLine = "\r\x1b[K"

// newStderr returns a Stderr that writes to w.
func newStderr(w io.Writer) *Stderr { return &Stderr{queue: stderrQueue{w: w}} }

// Write prints whole lines without a prefix. It never returns an error.
func (s *Stderr) Write(p []byte) (int, error) {
	s.queue.put(string(p))
	return len(p), nil
}

// message prints a message, with a prefix for each of its lines. Its failure cannot be
// reported.
func (s *Stderr) message(message string) { s.queue.put(messageLines(message)) }

// offer prints a message that may be dropped when stderr is blocked.
func (s *Stderr) offer(message string) { s.queue.offer(messageLines(message)) }

// messageLines puts kin's prefix in front of each line of a message.
func messageLines(message string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(message, "\n") {
		b.WriteString("kin: ")
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// WriteData prints what the user asked for, such as metrics. It waits until stderr has
// accepted the text or ctx ends. The error is that of the write, or the cause of ctx.
func (s *Stderr) WriteData(ctx context.Context, text string) error {
	return s.queue.data(ctx, text)
}

// Flush waits until everything is printed, or until stderr is blocked for StderrTimeout.
func (s *Stderr) Flush() { s.queue.flush(time.Now()) }

// stderrLog writes log lines to stderr. They are dropped when stderr is blocked.
type stderrLog struct{ *Stderr }

func (l stderrLog) Write(p []byte) (int, error) {
	l.queue.offer(string(p))
	return len(p), nil
}

// show replaces the live line. It is dropped if stderr is blocked.
func (s *Stderr) show(text string) { s.queue.show(text) }

// hide clears the live line.
func (s *Stderr) hide() { s.queue.hide() }

// keep keeps a message for the end of the run.
func (s *Stderr) keep(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atEnd = append(s.atEnd, message)
}

// TakeLastMessages returns the messages of keep in their order, and removes them.
func (s *Stderr) TakeLastMessages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.atEnd
	s.atEnd = nil
	return kept
}

package cmd

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// stderr is the one way to the standard error of a run: messages, the log, the
// live line and questions. It is safe for several goroutines: none of them comes
// between the parts of another. A stderr that takes nothing holds up nobody: see
// stderrQueue.
type stderr struct {
	queue stderrQueue

	mu        sync.Mutex // guards lastWords
	lastWords []string   // what is printed when everything else has been
}

const clearLine = "\r\x1b[K"

// newStderr returns the way to w.
func newStderr(w io.Writer) *stderr { return &stderr{queue: stderrQueue{w: w}} }

// Write prints whole lines, as they are. It has no failure to report.
func (s *stderr) Write(p []byte) (int, error) {
	s.queue.put(string(p))
	return len(p), nil
}

// message prints a message, a line for each of its own. It has nowhere to report its
// own failure.
func (s *stderr) message(message string) { s.queue.put(messageLines(message)) }

// chatter is message for what may be dropped when stderr is blocked.
func (s *stderr) chatter(message string) { s.queue.offer(messageLines(message)) }

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

// data prints what the user asked for and waits until stderr has taken it, or until
// ctx ends. Its error is that of the write, or the cause of the end of ctx.
func (s *stderr) data(ctx context.Context, text string) error {
	return s.queue.data(ctx, text)
}

// flush waits until everything is printed, or stderr is blocked.
func (s *stderr) flush() { s.queue.flush(time.Now()) }

// stderrLog is stderr for log lines, which are dropped when stderr is blocked.
type stderrLog struct{ *stderr }

func (l stderrLog) Write(p []byte) (int, error) {
	l.queue.offer(string(p))
	return len(p), nil
}

// show replaces the live line. What cannot be shown is no loss.
func (s *stderr) show(text string) { s.queue.show(text) }

// hide clears the live line, which is not shown any more.
func (s *stderr) hide() { s.queue.hide() }

// lastWord keeps a message for the end.
func (s *stderr) lastWord(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastWords = append(s.lastWords, message)
}

// takeLastWords returns the messages that were kept, in their order, and forgets
// them.
func (s *stderr) takeLastWords() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	words := s.lastWords
	s.lastWords = nil
	return words
}

// The methods of env below are for several goroutines.

// say prints one message line to a person. With -q only errors are said.
func (e *env) say(message string) {
	if !e.quiet {
		e.print(message)
	}
}

// chat is for what only somebody who watches wants to know: shards that open
// and close. It is heard on a terminal, or with -v.
func (e *env) chat(message string) {
	if e.verbose || (!e.quiet && isTerminal(e.Err)) {
		e.stderr.chatter(message)
	}
}

// lastWord is say for what stays true after the run: it comes behind everything
// else, an error included.
func (e *env) lastWord(message string) { e.stderr.lastWord(message) }

// print writes a message to stderr.
func (e *env) print(message string) { e.stderr.message(message) }

// childStderr is the standard error of a child process: the file itself where
// there is one. What kin has printed comes before what the child prints.
func (e *env) childStderr() io.Writer {
	e.stderr.queue.flush(time.Time{}) // without a wait for a stderr that is known to be blocked
	if f, ok := e.Err.(*os.File); ok {
		return f
	}
	return e.stderr
}

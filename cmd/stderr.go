package cmd

import (
	"io"
	"os"
	"strings"
	"sync"
)

// stderr is the one way to the standard error of a run: messages, the log, the
// live line and questions. It is safe for several goroutines: none of them comes
// between the parts of another. A write that blocks holds up those who print, and
// nobody else.
type stderr struct {
	w io.Writer

	mu sync.Mutex // guards the following, and every write
	// live is set while a line is being rewritten: what is printed clears it first.
	live      bool
	lastWords []string // what is printed when everything else has been
}

const clearLine = "\r\x1b[K"

// Write prints what is whole lines, as it is.
func (s *stderr) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live {
		if _, err := io.WriteString(s.w, clearLine); err != nil {
			return 0, err
		}
	}
	return s.w.Write(p)
}

// message prints a message, a line for each of its own. It has nowhere to report its
// own failure.
func (s *stderr) message(message string) {
	var b strings.Builder
	for line := range strings.SplitSeq(message, "\n") {
		b.WriteString("kin: ")
		b.WriteString(line)
		b.WriteByte('\n')
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	text := b.String()
	if s.live {
		text = clearLine + text
	}
	_, _ = io.WriteString(s.w, text)
}

// show replaces the live line. What cannot be shown is no loss.
func (s *stderr) show(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = true
	_, _ = io.WriteString(s.w, clearLine+text)
}

// hide clears the live line, which is not shown any more.
func (s *stderr) hide() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = false
	_, _ = io.WriteString(s.w, clearLine)
}

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
		e.print(message)
	}
}

// lastWord is say for what stays true after the run: it comes behind everything
// else, an error included.
func (e *env) lastWord(message string) { e.stderr.lastWord(message) }

// print writes a message to stderr.
func (e *env) print(message string) { e.stderr.message(message) }

// childStderr is the standard error of a child process: the file itself where
// there is one.
func (e *env) childStderr() io.Writer {
	if f, ok := e.Err.(*os.File); ok {
		return f
	}
	return e.stderr
}

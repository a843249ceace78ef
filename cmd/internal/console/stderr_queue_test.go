package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// blockable is a stderr that accepts nothing while it is blocked.
type blockable struct {
	mu      sync.Mutex
	got     bytes.Buffer
	release chan struct{} // nil while it is not blocked
}

func (w *blockable) Write(p []byte) (int, error) {
	w.mu.Lock()
	release := w.release
	w.mu.Unlock()
	if release != nil {
		<-release
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got.Write(p)
}

func (w *blockable) block() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.release = make(chan struct{})
}

func (w *blockable) unblock() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.release)
	w.release = nil
}

// newBlocked returns a console whose stderr is blocked while it writes the first message.
func newBlocked(t *testing.T) (*Console, *blockable) {
	t.Helper()
	w := &blockable{}
	w.block()
	e := New(Streams{Err: w})
	e.IsVerbose, e.IsDebug = true, true
	e.FlagsParsed()
	e.Print("first")
	return e, w
}

// lines returns the lines that w has received.
func (w *blockable) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Split(strings.TrimSuffix(w.got.String(), "\n"), "\n")
}

func TestFault19ABlockedStderrBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := newBlocked(t)
		start := time.Now()
		long := strings.Repeat("x", 1000)
		const many = 2000 // more than the queue has room for
		for i := range many {
			e.Detail(fmt.Sprintf("detail %d %s", i, long))
			e.Log.Debug("log", "at", i, "long", long)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("details and log lines waited %s for stderr", waited)
		}
		for i := range many {
			e.Info(fmt.Sprintf("info %d %s", i, long))
		}
		if waited := time.Since(start); waited > StderrTimeout {
			t.Errorf("messages waited %s for stderr", waited)
		}
		e.Stderr.Flush() // returns after StderrTimeout
		if got := w.lines(); len(got) != 1 || got[0] != "" {
			t.Errorf("%d lines were written to a blocked stderr", len(got))
		}
		w.unblock()
		e.Stderr.Flush()
		e.Print("last")
		e.Stderr.Flush()

		lines := w.lines()
		printed, missing, messages := 0, 0, 0
		for _, line := range lines {
			var n int
			if _, err := fmt.Sscanf(line, "kin: %d lines were not printed: stderr was blocked", &n); err == nil {
				missing += n
				continue
			}
			printed++
			if strings.HasPrefix(line, "kin: info") {
				messages++
			}
		}
		if want := 3*many + 2; printed+missing != want {
			t.Errorf("%d lines were printed and %d counted, want %d together", printed, missing, want)
		}
		if messages < 400 {
			t.Errorf("%d messages were printed: details and log lines took their room", messages)
		}
		if lines[0] != "kin: first" || lines[len(lines)-1] != "kin: last" {
			t.Errorf("the first line is %.40q and the last one is %.40q", lines[0], lines[len(lines)-1])
		}
	})
}

func TestFault19AQuestionIsPrintedBeforeItsAnswerIsRead(t *testing.T) {
	w := &blockable{}
	e := New(Streams{Err: w, In: readerFunc(func([]byte) (int, error) {
		if got := w.got.String(); got != "kin: before\nkin: sure? [y/N] " {
			t.Errorf("stderr is %q when the answer is read", got)
		}
		return 0, io.EOF
	})})
	e.Print("before")
	if yes, err := e.Ask(t.Context(), "sure?"); yes || err != nil {
		t.Errorf("the answer is %v, %v", yes, err)
	}
	e.Stderr.Flush()
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

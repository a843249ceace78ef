package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kin/reader"
)

// blockable is a stderr that takes nothing while it is blocked.
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

// newBlocked returns an environment whose stderr is blocked and has one message.
func newBlocked(t *testing.T) (*env, *blockable) {
	t.Helper()
	w := &blockable{}
	w.block()
	e := newEnv(Streams{Err: w})
	e.verbose, e.debug = true, true
	if err := e.flagsParsed(); err != nil {
		t.Fatal(err)
	}
	e.print("first")
	return e, w
}

// lines returns what w has got, as lines.
func (w *blockable) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Split(strings.TrimSuffix(w.got.String(), "\n"), "\n")
}

func TestFault19ABlockedStderrHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := newBlocked(t)
		start := time.Now()
		long := strings.Repeat("x", 1000)
		const many = 2000 // more than the queue has room for
		for i := range many {
			e.chat(fmt.Sprintf("chat %d %s", i, long))
			e.log.Debug("log", "at", i, "long", long)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("chatter and log lines waited %s for stderr", waited)
		}
		for i := range many {
			e.say(fmt.Sprintf("say %d %s", i, long))
		}
		if waited := time.Since(start); waited > stderrPatience {
			t.Errorf("messages waited %s for stderr", waited)
		}
		e.stderr.flush() // gives up
		if got := w.lines(); len(got) != 1 || got[0] != "" {
			t.Errorf("%d lines were written to a blocked stderr", len(got))
		}
		w.unblock()
		e.stderr.flush()
		e.print("last")
		e.stderr.flush()

		lines := w.lines()
		printed, missing, said := 0, 0, 0
		for _, line := range lines {
			var n int
			if _, err := fmt.Sscanf(line, "kin: %d lines were not printed: stderr was blocked", &n); err == nil {
				missing += n
				continue
			}
			printed++
			if strings.HasPrefix(line, "kin: say") {
				said++
			}
		}
		if want := 3*many + 2; printed+missing != want {
			t.Errorf("%d lines were printed and %d counted, want %d together", printed, missing, want)
		}
		if said < 400 {
			t.Errorf("%d messages were printed: log lines and chatter have taken their room", said)
		}
		if lines[0] != "kin: first" || lines[len(lines)-1] != "kin: last" {
			t.Errorf("the first line is %.40q and the last one is %.40q", lines[0], lines[len(lines)-1])
		}
	})
}

func TestFault19TheEndOfARunDoesNotWaitForABlockedStderr(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &blockable{}
		w.block()
		start := time.Now()
		if code := Main(t.Context(), []string{"frobnicate"}, Streams{In: strings.NewReader(""), Out: io.Discard, Err: w}); code != exitUsage {
			t.Errorf("exit code %d, want %d", code, exitUsage)
		}
		if waited := time.Since(start); waited != stderrPatience {
			t.Errorf("the end waited %s, want %s", waited, stderrPatience)
		}
		w.unblock()
	})
}

func TestFault19TheEndOfARunPrintsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &slow{each: stderrPatience * 3 / 4}
		Main(t.Context(), []string{"frobnicate"}, Streams{In: strings.NewReader(""), Out: io.Discard, Err: w})
		if got := w.got.String(); !strings.HasSuffix(got, "kin: hint: kin help lists the commands\n") || strings.Count(got, "\n") != 2 {
			t.Errorf("stderr is %q", got)
		}
	})
}

// slow is a stderr that takes its time for each write.
type slow struct {
	each time.Duration
	got  bytes.Buffer
}

func (w *slow) Write(p []byte) (int, error) {
	time.Sleep(w.each)
	return w.got.Write(p)
}

func TestFault19ASignalOrTheTimeoutEndsMetricsThatNobodyReads(t *testing.T) {
	for _, test := range []struct {
		name    string
		timeout time.Duration
		code    int
	}{
		{"signal", 0, 143},
		{"timeout", time.Minute, exitGaveUp},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, w := newBlocked(t)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				m, err := e.openMetrics(ctx, "-")
				if err != nil {
					t.Fatal(err)
				}
				if test.timeout == 0 {
					time.AfterFunc(time.Hour, func() { cancel(SignalError{sigterm}) })
				}
				err = observer(ctx, m, time.Now(), test.timeout)(reader.Observation{})
				if code := e.report(ctx, err); code != test.code {
					t.Errorf("the end of the run is %v: exit code %d, want %d", err, code, test.code)
				}
				w.unblock()
			})
		})
	}
}

func TestFault19AQuestionIsShownBeforeItsAnswerIsRead(t *testing.T) {
	w := &slow{}
	e := newEnv(Streams{Err: w, In: readerFunc(func([]byte) (int, error) {
		if got := w.got.String(); got != "kin: before\nkin: sure? [y/N] " {
			t.Errorf("stderr is %q when the answer is read", got)
		}
		return 0, io.EOF
	})})
	e.print("before")
	if yes, err := e.ask(t.Context(), "sure?"); yes || err != nil {
		t.Errorf("the answer is %v, %v", yes, err)
	}
	e.stderr.flush()
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestFault19AMetricsLineThatFailsIsAnError(t *testing.T) {
	broken := errors.New("no space left")
	e := newEnv(Streams{Err: writerFunc(func([]byte) (int, error) { return 0, broken })})
	m, err := e.openMetrics(t.Context(), "-")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.write(t.Context(), reader.Observation{}); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

package cmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kin/cmd/internal/console"
	"kin/cmd/internal/report"
	"kin/reader"
)

func TestFault19TheEndOfARunDoesNotWaitForABlockedStderr(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe() // blocked: nobody reads
		start := time.Now()
		if code := Main(t.Context(), []string{"frobnicate"}, console.Streams{In: strings.NewReader(""), Out: io.Discard, Err: w}); code != console.ExitUsage {
			t.Errorf("exit code %d, want %d", code, console.ExitUsage)
		}
		if waited := time.Since(start); waited != console.StderrTimeout {
			t.Errorf("the end waited %s, want %s", waited, console.StderrTimeout)
		}
		_ = r.Close()
	})
}

func TestFault19TheEndOfARunPrintsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &slow{each: console.StderrTimeout * 3 / 4}
		Main(t.Context(), []string{"frobnicate"}, console.Streams{In: strings.NewReader(""), Out: io.Discard, Err: w})
		if got := w.got.String(); !strings.HasSuffix(got, "kin: hint: kin help lists the commands\n") || strings.Count(got, "\n") != 2 {
			t.Errorf("stderr is %q", got)
		}
	})
}

func TestFault19ASignalOrTheTimeoutEndsMetricsThatNobodyReads(t *testing.T) {
	for _, test := range []struct {
		name    string
		timeout time.Duration
		code    int
	}{
		{"signal", 0, 143},
		{"timeout", time.Minute, console.ExitGaveUp},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := io.Pipe() // blocked: nobody reads
				e := newEnv(console.Streams{Err: w})
				e.Print("first")
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				m, err := report.OpenMetrics(ctx, e.Console, "-")
				if err != nil {
					t.Fatal(err)
				}
				if test.timeout == 0 {
					time.AfterFunc(time.Hour, func() { cancel(console.SignalError{Signal: syscall.SIGTERM}) })
				}
				err = report.Observer(ctx, m, time.Now(), test.timeout)(reader.Observation{})
				if code := e.report(ctx, err); code != test.code {
					t.Errorf("the end of the run is %v: exit code %d, want %d", err, code, test.code)
				}
				_ = r.Close()
			})
		})
	}
}

func TestFault19AMetricsLineThatFailsIsAnError(t *testing.T) {
	broken := errors.New("no space left")
	e := newEnv(console.Streams{Err: writerFunc(func([]byte) (int, error) { return 0, broken })})
	m, err := report.OpenMetrics(t.Context(), e.Console, "-")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Write(t.Context(), reader.Observation{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// slow is a stderr that sleeps before each write.
type slow struct {
	each time.Duration
	got  bytes.Buffer
}

func (w *slow) Write(p []byte) (int, error) {
	time.Sleep(w.each)
	return w.got.Write(p)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

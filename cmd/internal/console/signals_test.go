package console

import (
	"bytes"
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// arrival is a signal that a test delivers.
type arrival struct {
	after  time.Duration // since the first one
	signal os.Signal
}

var (
	sigterm = syscall.SIGTERM
	sighup  = syscall.SIGHUP
)

// deliver sends signals as the system does: a signal that nobody receives is dropped.
func deliver(signals chan<- os.Signal, arrivals []arrival) {
	began := time.Now()
	for _, a := range arrivals {
		time.Sleep(a.after - time.Since(began))
		select {
		case signals <- a.signal:
		default:
		}
		synctest.Wait()
	}
}

func TestFault10TheFirstSignalStopsARunAndDuplicatesAreIgnored(t *testing.T) {
	for name, test := range map[string]struct {
		arrivals []arrival
		want     os.Signal
	}{
		"once":                      {[]arrival{{0, sigterm}}, sigterm},
		"twice at once":             {[]arrival{{0, sigterm}, {0, sigterm}}, sigterm},
		"SIGTERM, then SIGINT":      {[]arrival{{0, sigterm}, {time.Millisecond, os.Interrupt}}, sigterm},
		"SIGHUP, SIGTERM and again": {[]arrival{{0, sighup}, {time.Millisecond, sigterm}, {999 * time.Millisecond, sigterm}}, sighup},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				signals, released := make(chan os.Signal, 1), make(chan time.Duration, 1)
				began := time.Now()
				go func() {
					cancelOnce(cancel, signals, nil)
					released <- time.Since(began)
				}()
				deliver(signals, test.arrivals)
				var got SignalError
				if !errors.As(context.Cause(ctx), &got) || got.Signal != test.want {
					t.Errorf("the run was stopped by %v, want %v", context.Cause(ctx), test.want)
				}
				// After that the default action ends the process.
				if lasted := <-released; lasted != duplicateWindow {
					t.Errorf("the default action was back after %s, want %s", lasted, duplicateWindow)
				}
			})
		})
	}
}

func TestFault10ARunThatEndsByItselfStopsWaitingForSignals(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	over, released := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(released)
		cancelOnce(cancel, make(chan os.Signal), over)
	}()
	close(over)
	<-released
	if ctx.Err() != nil {
		t.Errorf("it was stopped by %v", context.Cause(ctx))
	}
}

// countingWriter counts the calls of Abandon.
type countingWriter struct{ calls int }

func (a *countingWriter) Abandon() { a.calls++ }

func TestFault10OnlyASecondStopEndsTheGraceOfAWrite(t *testing.T) {
	for name, test := range map[string]struct {
		cause    error
		arrivals []arrival
		want     int
	}{
		"a duplicate":                     {SignalError{Signal: sigterm}, []arrival{{0, sigterm}}, 0},
		"duplicates of other kinds":       {SignalError{Signal: sigterm}, []arrival{{time.Millisecond, os.Interrupt}, {2 * time.Millisecond, sighup}, {999 * time.Millisecond, sigterm}}, 0},
		"a second stop":                   {SignalError{Signal: sigterm}, []arrival{{time.Second, sigterm}}, 1},
		"a second stop after a duplicate": {SignalError{Signal: sigterm}, []arrival{{0, sigterm}, {1100 * time.Millisecond, os.Interrupt}}, 1},
		"a second stop that is doubled":   {SignalError{Signal: sigterm}, []arrival{{3 * time.Second, sigterm}, {3 * time.Second, sigterm}, {3500 * time.Millisecond, sighup}}, 1},
		// A run that ended by itself has not had a signal yet.
		"the first signal of a run that is ending": {ErrStdoutClosed, []arrival{{2 * time.Second, sigterm}, {2001 * time.Millisecond, sigterm}}, 0},
		"the second signal of such a run":          {ErrStdoutClosed, []arrival{{0, sigterm}, {1100 * time.Millisecond, sigterm}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				cause := test.cause
				if s, ok := cause.(SignalError); ok {
					cause = &firstSignalError{s, time.Now()}
				}
				cancel(cause)
				over, end := context.WithCancel(t.Context())
				defer end()
				signals, done := make(chan os.Signal, 1), make(chan struct{})
				w := &countingWriter{}
				e := New(Streams{Err: &bytes.Buffer{}})
				go func() {
					defer close(done)
					abandonAtSecond(ctx, over, signals, e, w, 10*time.Second)
				}()
				deliver(signals, test.arrivals)
				end()
				<-done
				if w.calls != test.want {
					t.Errorf("the writer was abandoned %d times, want %d", w.calls, test.want)
				}
			})
		})
	}
}

func TestFault10ASlowStopReportsThatASecondSignalEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(&firstSignalError{SignalError{Signal: sigterm}, time.Now()})
		over, end := context.WithCancel(t.Context())
		defer end()
		var messages bytes.Buffer
		signals, w := make(chan os.Signal, 1), &countingWriter{}
		e := New(Streams{Err: &messages})
		go abandonAtSecond(ctx, over, signals, e, w, 10*time.Second)
		deliver(signals, []arrival{{0, sigterm}, {1500 * time.Millisecond, sigterm}})
		time.Sleep(duplicateWindow)
		synctest.Wait()
		want := []string{
			"kin: stopping: writing the records already read, for at most 10s; to stop at once, send another signal 1s or more after the first",
			"kin: the output is blocked, and the run waits for it; another signal ends kin at once",
		}
		if got := strings.Split(strings.TrimSpace(messages.String()), "\n"); !reflect.DeepEqual(got, want) {
			t.Errorf("got %q", got)
		}
	})
}

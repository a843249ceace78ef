package efo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stopError is a signal that came at a time, as package cmd makes it.
type stopError struct{ at time.Time }

func (stopError) Error() string          { return "stopped" }
func (s stopError) StoppedAt() time.Time { return s.at }

// From one second after the first signal on, a second one ends the process: by then
// a removal that lasts has been announced.
func TestFault10ARemovalIsAnnouncedBeforeASecondSignalCanEndIt(t *testing.T) {
	const never = -1
	for name, test := range map[string]struct {
		signal  time.Duration // after the beginning of the removal; negative is before
		stopped bool
		lasts   time.Duration
		want    time.Duration // of the announcement, after the beginning of the removal
	}{
		"no signal, slow":                  {0, false, time.Minute, usualRemoval},
		"no signal, quick":                 {0, false, usualRemoval - 1, never},
		"a signal, slow":                   {0, true, time.Minute, beforeSecondSignal},
		"a signal, quick":                  {0, true, beforeSecondSignal - 1, never},
		"a signal shortly before":          {-500 * time.Millisecond, true, time.Minute, 300 * time.Millisecond},
		"a signal long before":             {-5 * time.Second, true, time.Minute, 0},
		"a signal during the removal":      {time.Second, true, time.Minute, time.Second + beforeSecondSignal},
		"a signal late in the removal":     {1900 * time.Millisecond, true, time.Minute, usualRemoval},
		"a signal behind the announcement": {3 * time.Second, true, time.Minute, usualRemoval},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				signal := func() { stop(stopError{time.Now()}) }
				if test.stopped && test.signal <= 0 {
					signal()
					time.Sleep(-test.signal)
				}
				began, announced := time.Now(), []time.Duration{}
				done := announceRemoval(run, func() { announced = append(announced, time.Since(began)) })
				if test.stopped && test.signal > 0 {
					time.AfterFunc(test.signal, signal)
				}
				time.Sleep(test.lasts)
				done()
				synctest.Wait()
				want := []time.Duration{}
				if test.want != never {
					want = append(want, test.want)
				}
				if !slices.Equal(announced, want) {
					t.Errorf("announced after %v, want %v", announced, want)
				}
			})
		})
	}
}

func TestFault10AStoppedRunAnnouncesASlowRemoval(t *testing.T) {
	for hang, want := range map[string]int{"deregister": 1, "": 0} {
		t.Run("hang "+hang, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, "a")
				s.deleting = time.Minute
				r := newRun(s)
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				announced := make(chan time.Duration, 1)
				info := r.o.Info
				var at time.Time
				r.o.Info = func(m string) {
					info(m)
					if strings.HasPrefix(m, "removing consumer kin_tmp_") {
						announced <- time.Since(at)
					}
				}
				time.AfterFunc(time.Minute, func() {
					s.mu.Lock()
					s.hang = hang
					s.mu.Unlock()
					at = time.Now()
					stop(stopError{at})
				})
				err := r.do(ctx)
				if len(announced) != want {
					t.Fatalf("announced %d times, want %d; %v, said %q", len(announced), want, err, r.said)
				}
				if want == 0 {
					return
				}
				if d := <-announced; d != beforeSecondSignal {
					t.Errorf("announced after %s, want %s", d, beforeSecondSignal)
				}
				if text := fmt.Sprint(r.said); !strings.Contains(text, "hint: to remove it by hand: kin consumers deregister orders kin_tmp_") {
					t.Errorf("the message does not say how to remove it: %s", text)
				}
			})
		})
	}
}

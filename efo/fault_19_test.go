package efo

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kin/internal/service"
)

// Whoever reads the messages may be slow: nobody who holds the consumer waits for
// that, or all shards would. A wait would be a deadlock here.
func TestFault19NothingIsReportedWhileShardsWaitForTheConsumer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		f := &FanOut{}
		h := &holding{f: f, stream: "orders", lock: make(chan struct{}, 1)}
		f.o.TakeOver = true
		var read chan struct{} // closed when messages are read
		var said []string
		f.o.Info = func(message string) {
			<-read
			said = append(said, message)
		}
		f.o.Detail = f.o.Info
		expect := func(err error, want string) {
			t.Helper()
			close(read)
			f.messages.wait()
			if err != nil && !errors.Is(err, context.Canceled) || len(said) != 1 || !strings.Contains(said[0], want) {
				t.Errorf("said %q, %v, want %q", said, err, want)
			}
			said = nil
		}
		read = make(chan struct{})
		expect(h.lost(t.Context(), "a"), "taken over consumer")

		s.faults["describe"] = []error{apiError("AccessDeniedException")}
		h.id, h.report = ID(testStream+"/consumer/app:1"), func(error) {}
		registry, err := NewRegistry(s, RegistryOptions{Stream: "orders", StreamARN: testStream})
		if err != nil {
			t.Fatal(err)
		}
		h.registry = registry
		ctx, cancel := context.WithCancel(t.Context())
		defer f.refresh.Wait()
		defer cancel()
		f.o.RefreshInterval = time.Hour
		read = make(chan struct{})
		_, err = h.ready(ctx)
		expect(err, "without a check")
	})
}

// blocking blocks whoever says something until it is released.
type blocking struct {
	released chan struct{}
	mu       sync.Mutex
	blocked  int      // messages that came before that
	said     []string // in the order in which they were let through
}

func (b *blocking) info(message string) {
	b.mu.Lock()
	b.blocked++
	b.mu.Unlock()
	<-b.released
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, message)
}

// idleFor is a subscription of two records that breaks off after a while without more.
func idleFor(d time.Duration) script {
	steps := []step{event(records(1, 2))}
	for range d / (5 * time.Second) {
		steps = append(steps, step{5 * time.Second, quiet(2), nil})
	}
	return sends(append(steps, step{err: errors.New("cut")})...)
}

func (b *blocking) Enabled(context.Context, slog.Level) bool      { return true }
func (b *blocking) Handle(_ context.Context, r slog.Record) error { b.info(r.Message); return nil }
func (b *blocking) WithAttrs([]slog.Attr) slog.Handler            { return b }
func (b *blocking) WithGroup(string) slog.Handler                 { return b }
func (s *fakeService) subscribeIf(down func() bool) Subscribe {
	return func(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
		if down() {
			return nil, errors.New("dial tcp: connection refused")
		}
		return s.subscribe(ctx, in)
	}
}

// A person who does not read holds up neither the look at the consumer nor its
// removal, whatever is said while the consumer is held.
func TestFault19ABlockedReaderHoldsUpNoConsumer(t *testing.T) {
	for name, block := range map[string]func(s *fakeService, r *run, b *blocking){
		"waiting until it is ACTIVE": func(s *fakeService, r *run, b *blocking) {
			s.creating = 20 * time.Second
			r.o.Info = b.info
		},
		"registered": func(_ *fakeService, r *run, b *blocking) { r.o.Detail = b.info },
		"registered again": func(s *fakeService, r *run, b *blocking) {
			began := time.Now()
			r.o.Detail = func(message string) {
				if time.Since(began) > time.Minute {
					b.info(message)
				}
			}
			time.AfterFunc(2*time.Minute, func() {
				s.fakeRegistry.mu.Lock()
				defer s.fakeRegistry.mu.Unlock()
				clear(s.consumers)
			})
		},
		"the log": func(s *fakeService, r *run, b *blocking) {
			s.creating = 20 * time.Second
			r.o.Log = slog.New(b)
		},
		"connected again": func(s *fakeService, r *run, b *blocking) {
			// The shard fails from 265 s on, until it has an event at 305 to 320 s. Then only
			// the look at the consumer fails, which passes before it is given up at 330 s.
			began := time.Now()
			down := func(from, until time.Duration) bool { d := time.Since(began); return d > from && d < until }
			s.script("a", idleFor(265*time.Second), sends(step{25 * time.Second, quiet(3), nil}))
			r.o.Subscribe = s.subscribeIf(func() bool { return down(260*time.Second, 279*time.Second+500*time.Millisecond) })
			r.client = describing{s, func() error {
				if down(299*time.Second, 321*time.Second) {
					return errors.New("dial tcp: connection refused")
				}
				return nil
			}}
			r.reader.Info = func(message string) {
				if strings.Contains(message, "connected again") {
					b.info(message)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				r, b := newRun(s), &blocking{released: make(chan struct{})}
				block(s, r, b)
				if len(s.scripts["a"]) == 0 {
					s.script("a", sends(event(records(1, 2))))
				}
				time.AfterFunc(20*time.Minute, func() { close(b.released) })
				time.AfterFunc(20*time.Minute-time.Second, func() {
					s.fakeRegistry.mu.Lock()
					defer s.fakeRegistry.mu.Unlock()
					if n := s.count("describe"); n < 4 {
						t.Errorf("the consumer was looked at %d times, want it each 5 minutes: %q", n, s.fakeRegistry.calls)
					}
					if n := s.count("deregister"); n != 1 {
						t.Errorf("the consumer was removed %d times before anybody read a message, want once", n)
					}
				})
				r.doFor(16 * time.Minute)
				if got := r.text(); got != "1 2 " {
					t.Errorf("got %q", got)
				}
				if b.blocked == 0 || len(b.said) < b.blocked {
					t.Errorf("%d messages blocked, and these were said at last: %q", b.blocked, b.said)
				}
				if i := slices.IndexFunc(b.said, func(m string) bool { return strings.Contains(m, "deregistered") }); i >= 0 && i != len(b.said)-1 {
					t.Errorf("the messages changed their order: %q", b.said)
				}
			})
		})
	}
}

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

// The receiver of messages may be slow. Nobody may wait for it while holding the lock of the
// consumer, or all shards would wait. Here such a wait would be a deadlock.
func TestFault19MessagesAreReportedWithoutTheLock(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		f := &FanOut{}
		h := &streamConsumer{f: f, stream: "orders", lock: make(chan struct{}, 1)}
		f.o.TakeOver = true
		var read chan struct{} // closed to let the receiver continue
		var messages []string
		f.o.Info = func(message string) {
			<-read
			messages = append(messages, message)
		}
		f.o.Detail = f.o.Info
		expect := func(err error, want string) {
			t.Helper()
			close(read)
			f.messages.wait()
			if err != nil && !errors.Is(err, context.Canceled) || len(messages) != 1 || !strings.Contains(messages[0], want) {
				t.Errorf("messages %q, %v, want %q", messages, err, want)
			}
			messages = nil
		}
		read = make(chan struct{})
		expect(h.handleTakeOver(t.Context(), "a"), "taken over consumer")

		s.faults["describe"] = []error{apiError("AccessDeniedException")}
		h.id, h.noteAttempt = ID(testStream+"/consumer/app:1"), func(error) {}
		registry, err := NewRegistry(s, RegistryOptions{Stream: "orders", StreamARN: testStream})
		if err != nil {
			t.Fatal(err)
		}
		h.registry = registry
		ctx, cancel := context.WithCancel(t.Context())
		defer f.refreshers.Wait()
		defer cancel()
		f.o.RefreshInterval = time.Hour
		read = make(chan struct{})
		_, err = h.ready(ctx)
		expect(err, "without a check")
	})
}

// blockingReceiver blocks every sender until released is closed.
type blockingReceiver struct {
	released chan struct{}
	mu       sync.Mutex
	blocked  int      // messages that came before the release
	received []string // in the order of their release
}

func (b *blockingReceiver) info(message string) {
	b.mu.Lock()
	b.blocked++
	b.mu.Unlock()
	<-b.released
	b.mu.Lock()
	defer b.mu.Unlock()
	b.received = append(b.received, message)
}

// idleFor returns a subscription with two records that breaks after d.
func idleFor(d time.Duration) script {
	steps := []step{sendsEvent(records(1, 2))}
	for range d / (5 * time.Second) {
		steps = append(steps, step{5 * time.Second, emptyEvent(2), nil})
	}
	return sends(append(steps, step{err: errors.New("cut")})...)
}

func (b *blockingReceiver) Enabled(context.Context, slog.Level) bool { return true }
func (b *blockingReceiver) Handle(_ context.Context, r slog.Record) error {
	b.info(r.Message)
	return nil
}
func (b *blockingReceiver) WithAttrs([]slog.Attr) slog.Handler { return b }
func (b *blockingReceiver) WithGroup(string) slog.Handler      { return b }
func (s *fakeService) subscribeIf(down func() bool) Subscribe {
	return func(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
		if down() {
			return nil, errors.New("dial tcp: connection refused")
		}
		return s.subscribe(ctx, in)
	}
}

// A blocked receiver delays neither the descriptions of the consumer nor its removal.
func TestFault19BlockedReceiverDelaysNoConsumer(t *testing.T) {
	for name, block := range map[string]func(s *fakeService, r *testRun, b *blockingReceiver){
		"waiting until it is ACTIVE": func(s *fakeService, r *testRun, b *blockingReceiver) {
			s.creating = 20 * time.Second
			r.o.Info = b.info
		},
		"registered": func(_ *fakeService, r *testRun, b *blockingReceiver) { r.o.Detail = b.info },
		"registered again": func(s *fakeService, r *testRun, b *blockingReceiver) {
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
		"the log": func(s *fakeService, r *testRun, b *blockingReceiver) {
			s.creating = 20 * time.Second
			r.o.Log = slog.New(b)
		},
		"connected again": func(s *fakeService, r *testRun, b *blockingReceiver) {
			// The shard fails from 265 s until it has an event at 305 to 320 s. After that only
			// DescribeStreamConsumer fails. It recovers before kin gives up at 330 s.
			began := time.Now()
			down := func(from, until time.Duration) bool { d := time.Since(began); return d > from && d < until }
			s.script("a", idleFor(265*time.Second), sends(step{25 * time.Second, emptyEvent(3), nil}))
			r.o.Subscribe = s.subscribeIf(func() bool { return down(260*time.Second, 279*time.Second+500*time.Millisecond) })
			r.client = failingDescribe{s, func() error {
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
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				r, b := newRun(s), &blockingReceiver{released: make(chan struct{})}
				block(s, r, b)
				if len(s.scripts["a"]) == 0 {
					s.script("a", sends(sendsEvent(records(1, 2))))
				}
				time.AfterFunc(20*time.Minute, func() { close(b.released) })
				time.AfterFunc(20*time.Minute-time.Second, func() {
					s.fakeRegistry.mu.Lock()
					defer s.fakeRegistry.mu.Unlock()
					if n := s.count("describe"); n < 4 {
						t.Errorf("the consumer was described %d times, want once in 5 minutes: %q", n, s.fakeRegistry.calls)
					}
					if n := s.count("deregister"); n != 1 {
						t.Errorf("the consumer was removed %d times before anybody read a message, want once", n)
					}
				})
				r.doFor(16 * time.Minute)
				if got := r.text(); got != "1 2 " {
					t.Errorf("got %q", got)
				}
				if b.blocked == 0 || len(b.received) < b.blocked {
					t.Errorf("%d messages blocked, received in the end: %q", b.blocked, b.received)
				}
				if i := slices.IndexFunc(b.received, func(m string) bool { return strings.Contains(m, "deregistered") }); i >= 0 && i != len(b.received)-1 {
					t.Errorf("the messages changed their order: %q", b.received)
				}
			})
		})
	}
}

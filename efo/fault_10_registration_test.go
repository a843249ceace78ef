package efo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kin/internal/service"
	"kin/reader"
)

// lossyRegistry is a service that registers a consumer after latency, even if the caller no longer
// waits. It then answers with err.
type lossyRegistry struct {
	*fakeService
	latency          time.Duration
	creating         time.Duration
	err              error // nil is the answer of the service
	laterErr         error // for all calls after the first; nil is err
	registersNothing bool
	calls            int
}

func (l *lossyRegistry) RegisterStreamConsumer(ctx context.Context, in *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	type answer struct {
		out *service.RegisterStreamConsumerOutput
		err error
	}
	answers, err := make(chan answer, 1), l.err
	if l.calls++; l.calls > 1 && l.laterErr != nil {
		err = l.laterErr
	}
	time.AfterFunc(l.latency, func() {
		var a answer
		if !l.registersNothing {
			a.out, a.err = l.fakeService.RegisterStreamConsumer(context.WithoutCancel(ctx), in)
		}
		if err != nil {
			a = answer{nil, err}
		}
		answers <- a
	})
	select {
	case a := <-answers:
		return a.out, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// The run is stopped while the service registers its consumer. The consumer is removed.
func TestFault10StopDuringARegistrationLeavesNoConsumer(t *testing.T) {
	for name, test := range map[string]struct {
		lossy lossyRegistry
		most  time.Duration // maximum time until the run ends
	}{
		"latency":                       {lossyRegistry{latency: 300 * time.Millisecond}, time.Second},
		"latency, and CREATING":         {lossyRegistry{latency: 300 * time.Millisecond, creating: 20 * time.Second}, 25 * time.Second},
		"registered, no answer in time": {lossyRegistry{latency: service.CallTimeout + 3*time.Second}, service.CallTimeout + 6*time.Second},
		"a lost answer":                 {lossyRegistry{latency: 300 * time.Millisecond, err: errors.New("connection reset")}, time.Second},
		"an error":                      {lossyRegistry{latency: 300 * time.Millisecond, err: apiError("InternalFailure")}, time.Second},
		"a refusal":                     {lossyRegistry{latency: 300 * time.Millisecond, err: apiError("InvalidArgumentException")}, time.Second},
	} {
		for mode, change := range map[string]func(*Options){
			"ephemeral": func(*Options) {},
			"named":     func(o *Options) { o.Name, o.RequireDeregistration = "app", true },
		} {
			t.Run(name+", "+mode, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					s := newService(t, "a")
					test.lossy.fakeService, s.creating = s, test.lossy.creating
					r := newRun(s)
					r.client = &test.lossy
					change(&r.o)
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
					defer cancel()
					began := time.Now()
					err := r.do(ctx)
					if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "\n") || time.Since(began) > test.most {
						t.Errorf("got %v after %s", err, time.Since(began))
					}
					time.Sleep(time.Hour)
					if left := s.names(); len(left) > 0 || s.count("register") != 1 {
						t.Errorf("remaining consumers %q after %q", left, s.fakeRegistry.calls)
					}
				})
			})
		}
	}
}

// A registration whose consumer does not appear within 10 seconds is reported.
func TestFault10UnconfirmedRegistrationIsReported(t *testing.T) {
	for name, test := range map[string]struct {
		lossy lossyRegistry
		want  string
	}{
		"no answer": {lossyRegistry{latency: time.Hour, registersNothing: true},
			"RegisterStreamConsumer: no answer in time; 10s later the consumer was still not there"},
		"a broken connection": {lossyRegistry{latency: time.Second, registersNothing: true, err: errors.New("connection reset")},
			"RegisterStreamConsumer: connection reset; 10s later the consumer was still not there"},
		"an error": {lossyRegistry{latency: time.Second, registersNothing: true, err: apiError("InternalFailure")},
			"RegisterStreamConsumer: InternalFailure: details; 10s later the consumer was still not there"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				test.lossy.fakeService = s
				r := newRun(s)
				r.client, r.o.Name, r.o.RequireDeregistration = &test.lossy, "app", true
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				err := r.do(ctx)
				var left *LeftBehindError
				if !errors.As(err, &left) || left.Error() != "consumer kin_app of orders may still be registered, and billed: "+test.want ||
					left.Hint() != "remove it with: kin consumers deregister orders kin_app --yes" {
					t.Errorf("got %v", err)
				}
				if want := "checking whether consumer kin_app of orders is registered, to remove it, for at most 1m; another signal"; !slices.ContainsFunc(r.messages, func(m string) bool { return strings.HasPrefix(m, want) }) {
					t.Errorf("messages %q", r.messages)
				}
			})
		})
	}
}

// Later refusals do not confirm a lost answer: kin still looks for the consumer.
func TestFault10LostRegistrationIsCheckedDespiteLaterRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		latency time.Duration
		then    error
		calls   int // minimum
	}{
		"refusals of several calls":      {100 * time.Millisecond, apiError("ResourceInUseException"), 3},
		"refusal of an interrupted call": {3 * time.Second, apiError("ResourceInUseException"), 2},
		"refusal of the request":         {100 * time.Millisecond, apiError("InvalidArgumentException"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				r := newRun(s)
				l := &lossyRegistry{fakeService: s, latency: test.latency, registersNothing: true, err: errors.New("connection reset"), laterErr: test.then}
				r.client, r.o.Name, r.o.RequireDeregistration = l, "app", true
				ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
				defer cancel()
				err := r.do(ctx)
				var left *LeftBehindError
				if !errors.As(err, &left) || !strings.HasSuffix(left.Error(), "RegisterStreamConsumer: connection reset; 10s later the consumer was still not there") || l.calls < test.calls {
					t.Errorf("%d calls, then %v", l.calls, err)
				}
			})
		})
	}
}

// A refused registration has created no consumer. kin does not look for one when the run ends.
func TestFault10RefusedRegistrationIsNotCheckedAtTheEnd(t *testing.T) {
	for _, code := range []string{"ResourceInUseException", "AccessDeniedException", "LimitExceededException"} {
		t.Run(code, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				r := newRun(s)
				r.client, r.o.Name, r.o.RequireDeregistration = &lossyRegistry{fakeService: s, registersNothing: true, err: apiError(code)}, "app", true
				const most = 3 * time.Second
				ctx, cancel := context.WithTimeout(t.Context(), most)
				defer cancel()
				began := time.Now()
				err := r.do(ctx)
				var left *LeftBehindError
				if err == nil || errors.As(err, &left) || time.Since(began) > most+time.Second {
					t.Errorf("got %v after %s", err, time.Since(began))
				}
				if messages := strings.Join(r.messages, "\n"); strings.Contains(messages, "may be registered") || strings.Contains(messages, "may still be registered") {
					t.Errorf("messages %q", messages)
				}
			})
		})
	}
}

// kin does not wait for a consumer that it would not remove. The message says that it may be
// registered.
func TestFault10StoppedRegistrationOfANamedConsumerIsReported(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		r := newRun(s)
		r.client, r.o.Name = &lossyRegistry{fakeService: s, latency: 300 * time.Millisecond}, "app"
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := r.do(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		const want = "consumer kin_app of orders may be registered, and is then billed; to remove it: kin consumers deregister orders kin_app --yes"
		if n := len(r.messages); n == 0 || r.messages[n-1] != want || len(r.endMessages) > 0 {
			t.Errorf("messages %q, and at the end %q", r.messages, r.endMessages)
		}
		time.Sleep(service.CallTimeout) // the call ends
	})
}

// The service registers a consumer but refuses the call. kin uses the consumer, and removes it at
// the end.
func TestFault10ConsumerOfARefusedRegistrationIsFound(t *testing.T) {
	for _, code := range []string{"InvalidArgumentException", "ValidationException", "SomethingNew", "InternalFailure", "UnknownError"} {
		t.Run(code, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(sendsEvent(records(1, 2))))
				r := newRun(s)
				r.client, r.reader.AvailableNow = &lossyRegistry{fakeService: s, err: apiError(code)}, true
				if err := r.do(t.Context()); err != nil || r.text() != "1 2 " {
					t.Errorf("got %v, %q", err, r.text())
				}
				if left := s.names(); len(left) > 0 || s.count("register") != 1 {
					t.Errorf("remaining consumers %q after %q", left, s.fakeRegistry.calls)
				}
			})
		})
	}
}

// The error of the refusal ends the run at once. No message mentions a consumer.
func TestFault10RefusedRegistrationEndsTheRunAtOnce(t *testing.T) {
	for _, code := range []string{"InvalidArgumentException", "AccessDeniedException", "ExpiredTokenException"} {
		t.Run(code, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.faults["register"] = []error{apiError(code)}
				r := newRun(s)
				r.o.Name = "app"
				began := time.Now()
				err := r.do(t.Context())
				var call *service.CallError
				if !errors.As(err, &call) || call.Call != "RegisterStreamConsumer" || time.Since(began) > time.Second || len(r.endMessages) > 0 {
					t.Errorf("got %v after %s, messages %q", err, time.Since(began), r.endMessages)
				}
			})
		})
	}
}

// After a wait without an answer, the hint must not claim that nothing was registered.
func TestFault10UnansweredRegistrationMayHaveRegistered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		f := &lossyRegistry{fakeService: s, registersNothing: true, err: apiError("InternalFailure")}
		r, err := NewRegistry(f, RegistryOptions{Stream: "orders", StreamARN: testStream, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		g, err := r.Register(t.Context(), "kin_a")
		var timeout *TimeoutError
		if !errors.As(err, &timeout) || !g.Registered || strings.Contains(timeout.Hint(), "nothing was registered") {
			t.Errorf("got %+v, %v", g, err)
		}
	})
}

// The message about a remaining consumer needs an existing consumer. Here it was deleted together
// with its stream.
func TestFault10ConsumerOfADeletedStreamIsNotReported(t *testing.T) {
	for name, deletion := range map[string]func(*fakeService){
		"deleted":                   func(s *fakeService) { s.noStream = true },
		"deleted and created again": func(s *fakeService) { delete(s.fakeRegistry.consumers, "kin_app") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(sendsEvent(records(1, 2))))
				r := newRun(s)
				r.o.Name = "app"
				boom := errors.New("boom")
				r.handle = func(*reader.Batch) error {
					s.fakeRegistry.mu.Lock()
					defer s.fakeRegistry.mu.Unlock()
					deletion(s)
					return boom
				}
				if err := r.do(t.Context()); !errors.Is(err, boom) {
					t.Errorf("got %v", err)
				}
				wantEqual(t, "messages at the end", r.endMessages, nil)
			})
		})
	}
}

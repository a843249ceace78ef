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

// lossy is a service that registers a consumer after latency, whether or not the caller
// still waits, and then answers with err.
type lossy struct {
	*fakeService
	latency  time.Duration
	creating time.Duration
	err      error // nil is the service's own answer
	then     error // of all calls after the first; nil is err
	nothing  bool  // it registers nothing
	calls    int
}

func (l *lossy) RegisterStreamConsumer(ctx context.Context, in *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	type answer struct {
		out *service.RegisterStreamConsumerOutput
		err error
	}
	answers, err := make(chan answer, 1), l.err
	if l.calls++; l.calls > 1 && l.then != nil {
		err = l.then
	}
	time.AfterFunc(l.latency, func() {
		var a answer
		if !l.nothing {
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

// A consumer that the service registers while a run is stopped is removed.
func TestFault10AStopDuringARegistrationLeavesNoConsumer(t *testing.T) {
	for name, test := range map[string]struct {
		lossy lossy
		most  time.Duration // of the stop
	}{
		"latency":                       {lossy{latency: 300 * time.Millisecond}, time.Second},
		"latency, and CREATING":         {lossy{latency: 300 * time.Millisecond, creating: 20 * time.Second}, 25 * time.Second},
		"registered, no answer in time": {lossy{latency: service.CallTimeout + 3*time.Second}, service.CallTimeout + 6*time.Second},
		"an answer that is lost":        {lossy{latency: 300 * time.Millisecond, err: errors.New("connection reset")}, time.Second},
		"an error":                      {lossy{latency: 300 * time.Millisecond, err: apiError("InternalFailure")}, time.Second},
		"a refusal":                     {lossy{latency: 300 * time.Millisecond, err: apiError("InvalidArgumentException")}, time.Second},
	} {
		for mode, change := range map[string]func(*Options){
			"for one run": func(*Options) {},
			"named":       func(o *Options) { o.Name, o.RequireDeregistration = "app", true },
		} {
			t.Run(name+", "+mode, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
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
						t.Errorf("left %q after %q", left, s.fakeRegistry.calls)
					}
				})
			})
		}
	}
}

// A registration that nothing has come of in 10 seconds is reported.
func TestFault10ARegistrationThatNoLookShowsIsReported(t *testing.T) {
	for name, test := range map[string]struct {
		lossy lossy
		want  string
	}{
		"no answer": {lossy{latency: time.Hour, nothing: true},
			"RegisterStreamConsumer: no answer in time; 10s later the consumer was still not there"},
		"a connection that breaks": {lossy{latency: time.Second, nothing: true, err: errors.New("connection reset")},
			"RegisterStreamConsumer: connection reset; 10s later the consumer was still not there"},
		"an error": {lossy{latency: time.Second, nothing: true, err: apiError("InternalFailure")},
			"RegisterStreamConsumer: InternalFailure: told so; 10s later the consumer was still not there"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
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
				if want := "looking for consumer kin_app of orders, which may be registered, to remove it, for at most 1m; a second signal"; !slices.ContainsFunc(r.said, func(m string) bool { return strings.HasPrefix(m, want) }) {
					t.Errorf("said %q", r.said)
				}
			})
		})
	}
}

// Refusals do not make up for an answer that was lost before: the consumer is looked for.
func TestFault10ALostRegistrationIsLookedForAfterRefusalsToo(t *testing.T) {
	for name, test := range map[string]struct {
		latency time.Duration
		then    error
		calls   int // at least
	}{
		"of several calls":                   {100 * time.Millisecond, apiError("ResourceInUseException"), 3},
		"of a call that the stop interrupts": {3 * time.Second, apiError("ResourceInUseException"), 2},
		"of what was asked for":              {100 * time.Millisecond, apiError("InvalidArgumentException"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				r := newRun(s)
				l := &lossy{fakeService: s, latency: test.latency, nothing: true, err: errors.New("connection reset"), then: test.then}
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

// A registration that was refused outright has made no consumer: nothing is looked for
// when the run ends.
func TestFault10ARefusedRegistrationLeavesNothingToLookFor(t *testing.T) {
	for _, code := range []string{"ResourceInUseException", "AccessDeniedException", "LimitExceededException"} {
		t.Run(code, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				r := newRun(s)
				r.client, r.o.Name, r.o.RequireDeregistration = &lossy{fakeService: s, nothing: true, err: apiError(code)}, "app", true
				const most = 3 * time.Second
				ctx, cancel := context.WithTimeout(t.Context(), most)
				defer cancel()
				began := time.Now()
				err := r.do(ctx)
				var left *LeftBehindError
				if err == nil || errors.As(err, &left) || time.Since(began) > most+time.Second {
					t.Errorf("got %v after %s", err, time.Since(began))
				}
				if said := strings.Join(r.said, "\n"); strings.Contains(said, "may be registered") || strings.Contains(said, "may still be registered") {
					t.Errorf("said %q", said)
				}
			})
		})
	}
}

// One that is to stay is not waited for: the message says that it may be there.
func TestFault10ANamedConsumerWhoseRegistrationIsStoppedIsReported(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		r := newRun(s)
		r.client, r.o.Name = &lossy{fakeService: s, latency: 300 * time.Millisecond}, "app"
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := r.do(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		const want = "consumer kin_app of orders may be registered, and is then billed; to remove it: kin consumers deregister orders kin_app --yes"
		if n := len(r.said); n == 0 || r.said[n-1] != want || len(r.lastWords) > 0 {
			t.Errorf("said %q, and at the end %q", r.said, r.lastWords)
		}
		time.Sleep(service.CallTimeout) // the call ends
	})
}

// A consumer that the service registered and refused is used, and removed in the end.
func TestFault10AConsumerThatWasRegisteredAndRefusedIsFound(t *testing.T) {
	for _, code := range []string{"InvalidArgumentException", "ValidationException", "SomethingNew", "InternalFailure", "UnknownError"} {
		t.Run(code, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(event(records(1, 2))))
				r := newRun(s)
				r.client, r.reader.AvailableNow = &lossy{fakeService: s, err: apiError(code)}, true
				if err := r.do(t.Context()); err != nil || r.text() != "1 2 " {
					t.Errorf("got %v, %q", err, r.text())
				}
				if left := s.names(); len(left) > 0 || s.count("register") != 1 {
					t.Errorf("left %q after %q", left, s.fakeRegistry.calls)
				}
			})
		})
	}
}

// A refusal that registered nothing ends a run at once, and no consumer is mentioned.
func TestFault10ARefusedRegistrationEndsARunAtOnce(t *testing.T) {
	for _, code := range []string{"InvalidArgumentException", "AccessDeniedException", "ExpiredTokenException"} {
		t.Run(code, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.faults["register"] = []error{apiError(code)}
				r := newRun(s)
				r.o.Name = "app"
				began := time.Now()
				err := r.do(t.Context())
				var call *service.CallError
				if !errors.As(err, &call) || call.Call != "RegisterStreamConsumer" || time.Since(began) > time.Second || len(r.lastWords) > 0 {
					t.Errorf("got %v after %s, said %q", err, time.Since(began), r.lastWords)
				}
			})
		})
	}
}

// A wait that ends without an answer does not say that nothing was registered.
func TestFault10AnUnansweredRegistrationIsNotCalledNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		f := &lossy{fakeService: s, nothing: true, err: apiError("InternalFailure")}
		r, err := NewRegistry(f, RegistryOptions{Stream: "orders", StreamARN: testStream, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		g, err := r.Register(t.Context(), "kin_a")
		var late *TimeoutError
		if !errors.As(err, &late) || !g.Registered || strings.Contains(late.Hint(), "nothing was registered") {
			t.Errorf("got %+v, %v", g, err)
		}
	})
}

// The last word about a consumer that stays is said of one that is there: a stream that
// was deleted took it along.
func TestFault10AConsumerThatIsGoneWithItsStreamIsNotCalledRegistered(t *testing.T) {
	for name, deletion := range map[string]func(*fakeService){
		"deleted":                   func(s *fakeService) { s.missing = true },
		"deleted and created again": func(s *fakeService) { delete(s.fakeRegistry.consumers, "kin_app") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(event(records(1, 2))))
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
				same(t, "last words", r.lastWords, nil)
			})
		})
	}
}

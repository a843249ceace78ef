package efo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kin/internal/record"
	"kin/reader"
)

func TestOptionsAreChecked(t *testing.T) {
	for _, test := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Subscribe = nil }, "subscribe: want a function"},
		{func(o *Options) { o.Name = "a b" }, `consumer name: want 1 to 128 letters, digits and _.-, not "kin_a b"`},
		{func(o *Options) { o.NamePrefix = strings.Repeat("x", 100) }, "consumer name prefix: want up to 88 letters, digits and _.-, or nothing"},
		{func(o *Options) { o.NamePrefix = "kin/" }, "consumer name prefix: want up to 88 letters, digits and _.-, or nothing"},
		{func(o *Options) { o.NamePrefix, o.Name = "kin/", "a" }, "consumer name prefix: want up to 88 letters, digits and _.-, or nothing"},
		{func(o *Options) { o.NamePrefix, o.Name = strings.Repeat("x", 100), strings.Repeat("y", 29) }, `consumer name: want 1 to 128 letters, digits and _.-, not "` + strings.Repeat("x", 100) + strings.Repeat("y", 29) + `"`},
		{func(o *Options) { o.RegisteredIDs = []string{"a", "b"} }, "registered consumer id: want one for each stream"},
		{func(o *Options) { o.RegisteredIDs, o.Name = []string{"a"}, "b" }, "consumer name: want no consumer name, because the registered consumer id is a full name"},
		{func(o *Options) { o.RegisteredIDs, o.RequireDeregistration = []string{"a"}, true }, "require consumer deregistration: want a consumer that this run registers; kin never removes the consumer of a registered consumer id"},
		{func(o *Options) { o.RegisteredIDs = []string{"arn:a"} }, `registered consumer id: want names, or ARNs with the registered consumer id type arn; got "arn:a"`},
		{func(o *Options) { o.RegisteredIDs, o.RegisteredByARN = []string{"a"}, true }, `registered consumer id: want names, or ARNs with the registered consumer id type arn; got "a"`},
		{func(o *Options) { o.RegisteredIDs = []string{"a b"} }, `registered consumer id: want the name of a consumer, got "a b"`},
		{func(o *Options) { o.RefreshInterval = time.Hour + 1 }, "consumer refresh interval: want more than 0 and at most 3600s"},
		{func(o *Options) { o.RefreshInterval = 0 }, "consumer refresh interval: want more than 0 and at most 3600s"},
		{func(o *Options) { o.RegisterTimeout = 0 }, "register consumer timeout: want more than 0"},
	} {
		s := newService(t)
		o := newRun(s).o
		test.change(&o)
		_, err := New(s, o)
		var bad *record.OptionError
		if !errors.As(err, &bad) || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
		if calls := s.fakeRegistry.calls; len(calls) > 0 {
			t.Errorf("%s: made %q", test.want, calls)
		}
	}
}

func (f *fakeRegistry) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name, c := range f.consumers {
		if c.removedAt.IsZero() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestEphemeralConsumerIsAlwaysRemoved(t *testing.T) {
	boom := errors.New("boom")
	for name, test := range map[string]struct {
		change func(*testRun)
		err    func(error) bool
	}{
		"bound":          {func(r *testRun) { r.reader.AvailableNow = true }, func(err error) bool { return err == nil }},
		"limit":          {func(r *testRun) { r.reader.Limit = 1 }, func(err error) bool { return err == nil }},
		"handler":        {func(r *testRun) { r.handle = func(*reader.Batch) error { return boom } }, func(err error) bool { return errors.Is(err, boom) }},
		"still CREATING": {func(r *testRun) { r.service.creating = 40 * time.Second }, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		"context":        {func(*testRun) {}, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		"refused": {func(r *testRun) { r.service.scripts["a"] = []script{refuses("AccessDeniedException")} },
			func(err error) bool { return strings.Contains(err.Error(), "AccessDeniedException") }},
		"not ACTIVE in time": {func(r *testRun) { r.service.creating, r.o.RegisterTimeout = 20*time.Second, 5*time.Second },
			func(err error) bool { var timeout *TimeoutError; return errors.As(err, &timeout) }},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(sendsEvent(records(1, 2))))
				r := newRun(s)
				test.change(r)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				if err := r.do(ctx); !test.err(err) {
					t.Errorf("got %v", err)
				}
				if left := s.names(); len(left) > 0 || s.count("register") != 1 {
					t.Errorf("remaining consumers %q after %q", left, s.fakeRegistry.calls)
				}
				if len(r.endMessages) > 0 {
					t.Errorf("messages %q", r.endMessages)
				}
			})
		})
	}
}

func TestConsumerThatCannotBeRemovedIsReported(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		r := newRun(s)
		r.reader.AvailableNow = true
		s.faults["deregister"] = []error{apiError("AccessDeniedException")}
		err := r.do(t.Context())
		var left *LeftBehindError
		if !errors.As(err, &left) || !strings.HasPrefix(left.Consumer, "kin_tmp_") || !strings.Contains(left.Hint(), "kin consumers deregister orders "+left.Consumer) {
			t.Errorf("got %v", err)
		}
	})
}

func TestRunThatReadsNothingRegistersNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.noStream = true
		r := newRun(s)
		if err := r.do(t.Context()); err == nil {
			t.Error("want an error")
		}
		if len(s.fakeRegistry.calls) > 0 {
			t.Errorf("made %q", s.fakeRegistry.calls)
		}
	})
}

func TestNamedConsumersStayUnlessDeregistrationIsRequired(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*testRun, *memoryPositions)
		stays  string
	}{
		"name":                                {func(r *testRun, _ *memoryPositions) { r.o.Name = "app" }, "kin_app"},
		"prefix":                              {func(r *testRun, _ *memoryPositions) { r.o.Name, r.o.NamePrefix = "app", "databricks_" }, "databricks_app"},
		"checkpoint":                          {func(r *testRun, m *memoryPositions) { r.reader.Positions = m }, "kin_ID"},
		"named, deregistration required":      {func(r *testRun, _ *memoryPositions) { r.o.Name, r.o.RequireDeregistration = "app", true }, ""},
		"checkpoint, deregistration required": {func(r *testRun, m *memoryPositions) { r.reader.Positions, r.o.RequireDeregistration = m, true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				r, m := newRun(s), newMemory()
				test.change(r, m)
				r.reader.AvailableNow = true
				if err := r.do(t.Context()); err != nil {
					t.Fatal(err)
				}
				stays := strings.ReplaceAll(test.stays, "ID", m.file.ID)
				if got := strings.Join(s.names(), " "); got != stays {
					t.Errorf("remaining consumers %q, want %q", got, stays)
				}
				var want []string
				if stays != "" {
					want = []string{"consumer " + stays + " of orders stays registered and is billed; to remove it: kin consumers deregister orders " + stays + " --yes"}
				}
				wantEqual(t, "messages at the end", r.endMessages, want)
			})
		})
	}
}

func TestExistingConsumerIsReused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.fakeRegistry.consumers["kin_app"] = &registeredConsumer{created: time.Now().Add(-time.Hour), active: time.Now().Add(-time.Hour)}
		r := newRun(s)
		r.o.Name, r.reader.AvailableNow = "app", true
		if err := r.do(t.Context()); err != nil || s.count("register") != 0 {
			t.Errorf("got %v after %q", err, s.fakeRegistry.calls)
		}
	})
}

func TestRegisteredConsumerIsNeverRegisteredNorRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		r := newRun(s)
		r.o.RegisteredIDs = []string{"theirs"}
		var missing *NotFoundError
		if err := r.do(t.Context()); !errors.As(err, &missing) {
			t.Errorf("got %v", err)
		}
		s.fakeRegistry.consumers["theirs"] = &registeredConsumer{created: time.Now(), active: time.Now().Add(10 * time.Second)}
		s.script("a", sends(sendsEvent(records(1, 2))))
		again := newRun(s)
		again.o.RegisteredIDs, again.reader.AvailableNow = []string{"theirs"}, true
		if err := again.do(t.Context()); err != nil || again.text() != "1 2 " {
			t.Errorf("got %q, %v", again.text(), err)
		}
		wantEqual(t, "consumers", s.names(), []string{"theirs"})
		if s.count("register")+s.count("deregister") > 0 || len(again.endMessages) > 0 {
			t.Errorf("made %q, messages %q", s.fakeRegistry.calls, again.endMessages)
		}
	})
}

func TestMissingConsumerIsRegisteredAgain(t *testing.T) {
	t.Run("after ResourceNotFoundException", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			s := newService(t, "a")
			s.script("a", sends(sendsEvent(records(1, 2)), step{20 * time.Second, nil, apiError("ResourceNotFoundException")}), sends(sendsEvent(records(3, 4))))
			time.AfterFunc(15*time.Second, func() { s.removeAll() })
			r := newRun(s)
			r.o.Name = "app"
			r.doFor(40 * time.Second)
			if r.text() != "1 2 3 4 " || s.count("register") != 2 || len(s.calls) != 2 || s.calls[0].arn == s.calls[1].arn {
				t.Errorf("got %q after %q, %v", r.text(), s.fakeRegistry.calls, s.calls)
			}
		})
	})
	t.Run("at the refresh interval", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			s := newService(t, "a")
			r := newRun(s)
			r.o.Name, r.o.RefreshInterval = "app", 10*time.Second
			time.AfterFunc(25*time.Second, func() { s.removeAll() })
			r.doFor(35 * time.Second)
			wantEqual(t, "consumers", s.names(), []string{"kin_app"})
			if n := s.count("describe"); n < 5 || n > 8 {
				t.Errorf("%d times described", n)
			}
		})
	})
}

// removeAll removes all consumers, like another process.
func (f *fakeRegistry) removeAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.consumers)
}

func TestTakenOverReaderStops(t *testing.T) {
	for name, steps := range map[string][]step{
		"error in the stream": {sendsEvent(records(1, 2)), {10 * time.Second, nil, apiError("ResourceInUseException")}},
		"clean end":           {sendsEvent(records(1, 2)), {10 * time.Second, nil, streamEnd.err}},
		"broken connection":   {sendsEvent(records(1, 2)), {10 * time.Second, nil, errors.New("cut")}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(steps...), refuses("ResourceInUseException"), sends(sendsEvent(records(3, 4))))
				r := newRun(s)
				r.o.Name, r.o.RequireDeregistration = "app", true
				err := r.do(t.Context())
				var taken *TakenOverError
				if !errors.As(err, &taken) || *taken != (TakenOverError{"orders", "a", "kin_app"}) || !taken.Held() {
					t.Errorf("got %v", err)
				}
				wantEqual(t, "consumers", s.names(), []string{"kin_app"})
				wantEqual(t, "messages at the end", r.endMessages, []string{"consumer kin_app of orders stays registered: another reader uses it, and it is billed"})
			})
		})
	}
}

func TestTakeOverSubscribesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2)), step{10 * time.Second, nil, apiError("ResourceInUseException")}),
			refuses("ResourceInUseException"), refuses("ResourceInUseException"), sends(sendsEvent(records(3, 4))))
		r := newRun(s)
		r.o.Name, r.o.TakeOver = "app", true
		r.doFor(time.Minute)
		if r.text() != "1 2 3 4 " || !slices.Contains(r.messages, "another reader has taken over consumer kin_app of orders: subscribing again") {
			t.Errorf("got %q, messages %q", r.text(), r.messages)
		}
	})
}

// The service may still count a broken subscription. A call whose answer was lost may have been a
// success.
func TestRunDoesNotMistakeItselfForAnotherReader(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2)), step{10 * time.Second, nil, errors.New("cut")}), refuses("ResourceInUseException"),
			sends(sendsEvent(records(3, 4)), step{10 * time.Second, nil, streamEnd.err}), script{refuse: errors.New("no answer")},
			refuses("ResourceInUseException"), sends(sendsEvent(records(5, 6))))
		r := newRun(s)
		r.doFor(time.Minute)
		if r.text() != "1 2 3 4 5 6 " {
			t.Errorf("got %q after %q", r.text(), s.callsFor("a"))
		}
	})
	// A success may be answered with an internal error.
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2)), step{20 * time.Second, nil, errors.New("cut")}), refuses("InternalFailure"),
			refuses("ResourceInUseException"), sends(sendsEvent(records(3, 4))))
		r := newRun(s)
		r.o.Name = "app"
		r.doFor(time.Minute)
		if r.text() != "1 2 3 4 " {
			t.Errorf("got %q after %q", r.text(), s.callsFor("a"))
		}
	})
	// A run with a named consumer may meet its own last call.
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", refuses("ResourceInUseException"), sends(sendsEvent(records(1, 2)), step{time.Second, nil, errors.New("cut")}),
			refuses("ResourceInUseException"), sends(sendsEvent(records(3, 4))))
		r := newRun(s)
		r.o.Name = "app"
		r.doFor(time.Minute)
		if r.text() != "1 2 3 4 " {
			t.Errorf("got %q after %q", r.text(), s.callsFor("a"))
		}
	})
}

func TestDeletingConsumerIsNotATakeover(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.deleting = 10 * time.Second
		s.script("a", sends(sendsEvent(records(1, 2)), step{10 * time.Second, nil, apiError("ResourceInUseException")}), sends(sendsEvent(records(3, 4))))
		r := newRun(s)
		r.o.Name = "app"
		time.AfterFunc(9*time.Second, func() {
			s.fakeRegistry.mu.Lock()
			defer s.fakeRegistry.mu.Unlock()
			s.fakeRegistry.consumers["kin_app"].removedAt = time.Now().Add(s.deleting)
		})
		r.doFor(time.Minute)
		if r.text() != "1 2 3 4 " || s.count("register") != 2 {
			t.Errorf("got %q after %q", r.text(), s.fakeRegistry.calls)
		}
	})
}

package efo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestFault19NothingIsSaidWhileShardsWaitForTheConsumer(t *testing.T) {
	s := newService(t, "a")
	said := 0
	f := &FanOut{}
	h := &holding{f: f, stream: "orders", lock: make(chan struct{}, 1)}
	f.o.TakeOver = true
	f.o.Say = func(message string) {
		said++
		if len(h.lock) > 0 {
			t.Errorf("%q was said while the consumer is held", message)
		}
		if !strings.Contains(message, "taken over consumer") && !strings.Contains(message, "at its word") {
			t.Errorf("said %q", message)
		}
	}
	f.o.Chat = f.o.Say
	if err := h.lost(t.Context(), "a"); err != nil || said != 1 {
		t.Errorf("%d messages, %v, want one", said, err)
	}
	s.faults["describe"] = []error{apiError("AccessDeniedException")}
	h.id, h.report = ID(testStream+"/consumer/app:1"), func(any, error) {}
	registry, err := NewRegistry(s, RegistryOptions{Stream: "orders", StreamARN: testStream})
	if err != nil {
		t.Fatal(err)
	}
	h.registry = registry
	ctx, cancel := context.WithCancel(t.Context())
	defer f.refresh.Wait()
	defer cancel()
	f.o.RefreshInterval = time.Hour
	if _, err := h.ready(ctx); err != nil && !errors.Is(err, context.Canceled) || said != 2 {
		t.Errorf("%d messages, %v, want two", said, err)
	}
}

package efo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kin/reader"
)

// --timeout ends the run while its consumer is CREATING. The message has the consumer and its
// state.
func TestFault10TimeoutNamesTheConsumerThatIsCreating(t *testing.T) {
	for name, change := range map[string]func(*testRun){
		"its own":             func(r *testRun) { r.o.Name = "app" },
		"registered":          func(r *testRun) { r.service.add("kin_app"); r.o.RegisteredIDs = []string{"kin_app"} },
		"registered, removed": func(r *testRun) { r.o.Name, r.o.RequireDeregistration = "app", true },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.creating = 30 * time.Second
				r := newRun(s)
				change(r)
				r.reader.AvailableNow, r.reader.Timeout = true, 4*time.Second
				var timeout *reader.TimeoutError
				if err := r.do(t.Context()); !errors.As(err, &timeout) {
					t.Errorf("got %v", err)
				}
				all := strings.Join(r.messages, "\n")
				for _, want := range []string{
					"consumer kin_app of orders was still CREATING when the run ended", "1 of 1 shard gave no usable answer before --timeout 4s expired",
				} {
					if strings.Count(all, want) != 1 {
						t.Errorf("no %q in %q", want, r.messages)
					}
				}
			})
		})
	}
}

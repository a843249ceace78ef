package efo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kin/reader"
)

// A run that --timeout ends while its consumer is CREATING names the consumer and its state.
func TestFault10AConsumerThatIsCreatingUntilTheTimeoutIsNamed(t *testing.T) {
	for name, change := range map[string]func(*run){
		"its own":             func(r *run) { r.o.Name = "app" },
		"registered":          func(r *run) { r.service.add("kin_app"); r.o.RegisteredIDs = []string{"kin_app"} },
		"registered, removed": func(r *run) { r.o.Name, r.o.RequireDeregistration = "app", true },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.creating = 30 * time.Second
				r := newRun(s)
				change(r)
				r.reader.AvailableNow, r.reader.Timeout = true, 4*time.Second
				var late *reader.TimeoutError
				if err := r.do(t.Context()); !errors.As(err, &late) {
					t.Errorf("got %v", err)
				}
				all := strings.Join(r.said, "\n")
				for _, want := range []string{
					"consumer kin_app of orders was still CREATING when the run ended", "1 of 1 shard gave no usable answer before --timeout 4s expired",
				} {
					if strings.Count(all, want) != 1 {
						t.Errorf("no %q in %q", want, r.said)
					}
				}
			})
		})
	}
}

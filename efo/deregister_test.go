package efo

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/record"
	"kin/internal/service"
)

func TestDeregisterWaitsUntilTheConsumerIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, byARN := range []bool{false, true} {
			f := newFake("kin_a", "kin_b")
			f.deleting = 30 * time.Second
			id := ID("kin_a")
			if byARN {
				id = ID(f.arn("kin_a"))
			}
			r, said := registry(t, f)
			began := time.Now()
			removed, err := r.Deregister(t.Context(), id)
			if err != nil || !removed || time.Since(began) < 30*time.Second || time.Since(began) > 33*time.Second {
				t.Errorf("got %t, %v after %s", removed, err, time.Since(began))
			}
			if f.consumers["kin_a"] != nil || f.consumers["kin_b"] == nil || f.count("deregister") != 1 {
				t.Errorf("left %v after %v", f.consumers, f.calls)
			}
			if want := []string{"consumer kin_a of orders: it is DELETING: waiting until it is gone"}; !reflect.DeepEqual(*said, want) {
				t.Errorf("said %q, want %q", *said, want)
			}
		}
	})
}

func TestDeregisterOfWhatIsGoneIsSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_b")
		r, _ := registry(t, f)
		if removed, err := r.Deregister(t.Context(), "kin_a"); removed || err != nil || f.count("deregister") != 0 {
			t.Errorf("got %t, %v after %v", removed, err, f.calls)
		}
		// Gone between the look and the call.
		f.faults["deregister"] = []error{apiError("ResourceNotFoundException")}
		f.faults["describe"] = []error{nil, apiError("ResourceNotFoundException")}
		if removed, err := r.Deregister(t.Context(), "kin_b"); !removed || err != nil {
			t.Errorf("got %t, %v", removed, err)
		}
	})
}

func TestDeregisterWaitsForAConsumerThatIsCreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.creating = 20 * time.Second
		f.add("kin_a")
		r, _ := registry(t, f)
		began := time.Now()
		removed, err := r.Deregister(t.Context(), "kin_a")
		if err != nil || !removed || time.Since(began) < 20*time.Second || f.consumers["kin_a"] != nil {
			t.Errorf("got %t, %v after %s", removed, err, time.Since(began))
		}
	})
}

func TestDeregisterWaitsForADeletionOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.consumers["kin_a"].removedAt = time.Now().Add(10 * time.Second)
		r, _ := registry(t, f)
		removed, err := r.Deregister(t.Context(), "kin_a")
		if err != nil || !removed || f.count("deregister") != 0 {
			t.Errorf("got %t, %v after %v", removed, err, f.calls)
		}
	})
}

func TestDeregisterRetriesWhatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.faults["deregister"] = []error{
			apiError("LimitExceededException"), apiError("ResourceInUseException"), apiError("InternalFailure"), errors.New("reset"),
		}
		r, _ := registry(t, f)
		if removed, err := r.Deregister(t.Context(), "kin_a"); err != nil || !removed || f.count("deregister") != 5 {
			t.Errorf("got %t, %v after %v", removed, err, f.calls)
		}
	})
}

// A consumer that was removed and registered again is another one: it has
// another ARN.
func TestDeregisterLeavesAConsumerThatTookTheName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.deleting = 5 * time.Second
		r, _ := registry(t, f)
		time.AfterFunc(5*time.Second, func() { f.mu.Lock(); f.add("kin_a"); f.mu.Unlock() })
		removed, err := r.Deregister(t.Context(), "kin_a")
		if err != nil || !removed || f.count("deregister") != 1 || f.consumers["kin_a"] == nil {
			t.Errorf("got %t, %v after %v", removed, err, f.calls)
		}
	})
}

func TestDeregisterGivesUpAfterItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.deleting = time.Hour
		r, _ := registry(t, f)
		began := time.Now()
		_, err := r.Deregister(t.Context(), "kin_a")
		if err == nil || err.Error() != "deregister consumer kin_a of stream orders: gave up after 5m0s: it is DELETING" || time.Since(began) != DefaultTimeout {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
		f = newFake()
		f.creating = time.Hour
		f.add("kin_a")
		r, _ = registry(t, f)
		_, err = r.Deregister(t.Context(), "kin_a")
		if err == nil || !strings.HasSuffix(err.Error(), "it is CREATING: ResourceInUseException: told so") {
			t.Errorf("got %v", err)
		}
	})
}

func TestDeregisterEndsAtOnceWhenTheCallWillNeverPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.faults["deregister"] = []error{apiError("AccessDeniedException")}
		r, _ := registry(t, f)
		began := time.Now()
		_, err := r.Deregister(t.Context(), "kin_a")
		var failed *service.CallError
		if !errors.As(err, &failed) || failed.Operation() != "DeregisterStreamConsumer" || time.Since(began) != 0 {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
		for _, id := range []ID{"", "a/b", "arn:aws:kinesis:us-east-1:123456789012:stream/payments/consumer/kin_a:1", "arn:nonsense", testStream} {
			f := newFake("kin_a")
			r, _ := registry(t, f)
			_, err := r.Deregister(t.Context(), id)
			var bad *record.OptionError
			if !errors.As(err, &bad) || len(f.calls) != 0 {
				t.Errorf("%q: got %v after %v", id, err, f.calls)
			}
		}
	})
}

func TestDeregisterEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, hang := range []string{"", "describe", "deregister"} {
			f := newFake("kin_a")
			f.deleting, f.hang = time.Minute, hang
			r, _ := registry(t, f)
			stopped := errors.New("stopped")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Second, func() { cancel(stopped) })
			began := time.Now()
			if _, err := r.Deregister(ctx, "kin_a"); !errors.Is(err, stopped) || time.Since(began) != 10*time.Second {
				t.Errorf("%s: got %v after %s", hang, err, time.Since(began))
			}
		}
	})
}

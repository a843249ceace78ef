package efo

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/service"
)

func TestRegisterMakesAConsumerAndWaitsUntilItIsActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.creating = 40 * time.Second
		r, said := registry(t, f)
		began := time.Now()
		g, err := r.Register(t.Context(), "kin_a")
		if err != nil {
			t.Fatal(err)
		}
		want := Registration{Registered: true, Consumer: Consumer{
			Name: "kin_a", ARN: f.arn("kin_a"), Status: types.ConsumerStatusActive, Created: began, StreamARN: testStream,
		}}
		if !reflect.DeepEqual(g, want) {
			t.Errorf("got %+v, want %+v", g, want)
		}
		if d := time.Since(began); d < 40*time.Second || d > 43*time.Second {
			t.Errorf("ACTIVE after 40s, seen after %s", d)
		}
		if want := []string{"consumer kin_a of orders: it is CREATING: waiting until it is ACTIVE"}; !reflect.DeepEqual(*said, want) {
			t.Errorf("said %q, want %q", *said, want)
		}
		if f.calls[0] != "describe" || f.count("register") != 1 || f.count("describe") > 60 {
			t.Errorf("describe first, one register and a look now and then are wanted, got %d calls: %v", len(f.calls), f.calls)
		}
	})
}

func TestRegisterReusesAConsumerThatIsActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		r, said := registry(t, f)
		g, err := r.Register(t.Context(), "kin_a")
		if err != nil || g.Registered || g.Consumer.ARN != f.arn("kin_a") {
			t.Errorf("got %+v, %v", g, err)
		}
		if !reflect.DeepEqual(f.calls, []string{"describe"}) || len(*said) != 0 {
			t.Errorf("one look is enough, got %v and %q", f.calls, *said)
		}
	})
}

func TestRegisterWaitsForAConsumerThatIsCreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.creating = 20 * time.Second
		f.add("kin_a")
		r, _ := registry(t, f)
		began := time.Now()
		g, err := r.Register(t.Context(), "kin_a")
		if err != nil || g.Registered || g.Consumer.Status != types.ConsumerStatusActive {
			t.Errorf("got %+v, %v", g, err)
		}
		if time.Since(began) < 20*time.Second || f.count("register") != 0 {
			t.Errorf("after %s, %v", time.Since(began), f.calls)
		}
	})
}

func TestRegisterWaitsOutAConsumerThatIsDeleting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		old := f.arn("kin_a")
		f.consumers["kin_a"].removedAt = time.Now().Add(30 * time.Second)
		r, _ := registry(t, f)
		began := time.Now()
		g, err := r.Register(t.Context(), "kin_a")
		if err != nil || !g.Registered || g.Consumer.ARN == old {
			t.Errorf("got %+v, %v; the old one was %s", g, err, old)
		}
		if time.Since(began) < 30*time.Second || f.count("register") != 1 {
			t.Errorf("after %s, %v", time.Since(began), f.calls)
		}
	})
}

// Flink's connector lost the consumer when its call got ResourceInUse (KINESIS.md 1.13).
func TestRegisterLooksAgainWhenAnotherWasFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.faults["describe"] = []error{apiError("ResourceNotFoundException")}
		r, _ := registry(t, f)
		g, err := r.Register(t.Context(), "kin_a")
		if err != nil || g.Registered || g.Consumer.ARN != f.arn("kin_a") {
			t.Errorf("got %+v, %v", g, err)
		}
		if f.count("register") != 1 || f.count("describe") != 2 {
			t.Errorf("calls %v", f.calls)
		}
	})
}

func TestRegisterFindsWhatALostAnswerHasMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.faults["describe"] = []error{apiError("ResourceNotFoundException")}
		f.faults["register"] = []error{errors.New("connection reset")}
		r, _ := registry(t, f)
		g, err := r.Register(t.Context(), "kin_a")
		if err != nil || !g.Registered || g.Consumer.Name != "kin_a" || f.count("register") != 1 {
			t.Errorf("got %+v, %v after %v", g, err, f.calls)
		}
	})
}

func TestRegisterGivesUpAfterItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.creating = time.Hour
		r, _ := registry(t, f)
		began := time.Now()
		g, err := r.Register(t.Context(), "kin_a")
		var timeout *TimeoutError
		if !errors.As(err, &timeout) || err.Error() != "register consumer kin_a of stream orders: gave up after 5m0s: it is CREATING" {
			t.Fatal(err)
		}
		if time.Since(began) != DefaultTimeout || timeout.State != "CREATING" || !timeout.GaveUp() {
			t.Errorf("after %s: %+v", time.Since(began), timeout)
		}
		if !g.Registered || g.Consumer.ARN == "" {
			t.Errorf("the consumer that is there and billed was not told: %+v", g)
		}
	})
}

// Its last look is at the deadline, not a wait before it.
func TestRegisterTakesWhatBecameActiveAtTheLastMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.creating = DefaultTimeout
		r, _ := registry(t, f)
		if _, err := r.Register(t.Context(), "kin_a"); err != nil {
			t.Error(err)
		}
	})
}

func TestRegisterGivesUpWithTheReasonOfTheLastRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		for range 500 { // the stream is being created
			f.faults["register"] = append(f.faults["register"], apiError("ResourceInUseException"))
		}
		r, _ := registry(t, f)
		g, err := r.Register(t.Context(), "kin_a")
		const want = "register consumer kin_a of stream orders: gave up after 5m0s: it is not registered: ResourceInUseException: told so"
		if err == nil || err.Error() != want || g.Registered {
			t.Errorf("got %v, %+v", err, g)
		}
	})
}

func TestRegisterEndsACallThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.hang = "register"
		r, _ := registry(t, f)
		began := time.Now()
		_, err := r.Register(t.Context(), "kin_a")
		var timeout *TimeoutError
		if !errors.As(err, &timeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if n := f.count("register"); n < 9 || n > 10 || time.Since(began) != DefaultTimeout {
			t.Errorf("300s have room for 10 calls of 30s, got %d in %s", n, time.Since(began))
		}
	})
}

func TestRegisterRetriesARateAndTooManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The rate of the account, again and again, while the stream has room.
		f := newFake(several(19)...)
		for range 10 {
			f.faults["register"] = append(f.faults["register"], apiError("LimitExceededException"))
		}
		r, _ := registry(t, f)
		if g, err := r.Register(t.Context(), "kin_a"); err != nil || !g.Registered || f.count("register") != 11 {
			t.Errorf("got %+v, %v after %d calls", g, err, f.count("register"))
		}

		// Five CREATING, on a stream that looks full to the other rule.
		f = newFake(several(20)...)
		f.creating = 50 * time.Second
		for i := range 5 {
			f.add(fmt.Sprintf("new%d", i))
		}
		for range 7 {
			f.faults["register"] = append(f.faults["register"], apiError("LimitExceededException"))
		}
		r, said := registry(t, f)
		if g, err := r.Register(t.Context(), "kin_a"); err != nil || !g.Registered {
			t.Errorf("got %+v, %v after %d calls", g, err, f.count("register"))
		}
		if len(*said) == 0 || !strings.Contains((*said)[0], "5 consumers are CREATING") {
			t.Errorf("said %q", *said)
		}
	})
}

func TestRegisterOfAFullStreamListsTheConsumers(t *testing.T) {
	for _, test := range []struct {
		consumers, deleting, calls int
		full                       bool
	}{
		{consumers: 20, calls: 3, full: true}, // two more calls tell it from the rate
		{consumers: 49, calls: 3, full: true},
		{consumers: 50, calls: 1, full: true},
		{consumers: 20, deleting: 1, calls: 5}, // room comes
		{consumers: 19, calls: 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(several(test.consumers)...)
			for i := range test.deleting {
				f.consumers[fmt.Sprintf("c%02d", i)].removedAt = time.Now().Add(time.Hour)
			}
			for range 4 {
				f.faults["register"] = append(f.faults["register"], apiError("LimitExceededException"))
			}
			r, _ := registry(t, f)
			_, err := r.Register(t.Context(), "kin_a")
			var limit *LimitError
			if errors.As(err, &limit) != test.full || !test.full && err != nil || f.count("register") != test.calls {
				t.Fatalf("%+v: got %v after %d calls", test, err, f.count("register"))
			}
			if !test.full {
				return
			}
			if limit.Stream != "orders" || limit.Consumer != "kin_a" || len(limit.Registered) != test.consumers {
				t.Errorf("got %+v", limit)
			}
			hint := limit.Hint()
			for _, want := range []string{"kin consumers deregister orders NAME\n", "\n  c00  ACTIVE since 2025-12-31T23:00:00Z\n", "\n  c19  "} {
				if !strings.Contains(hint, want) {
					t.Errorf("the hint has no %q: %s", want, hint)
				}
			}
		})
	}
}

func TestRegisterEndsAtOnceWhenTheCallWillNeverPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, call := range []string{"describe", "register"} {
			f := newFake()
			f.faults[call] = []error{apiError("AccessDeniedException")}
			r, _ := registry(t, f)
			began := time.Now()
			_, err := r.Register(t.Context(), "kin_a")
			var failed *service.CallError
			if !errors.As(err, &failed) || failed.Stream != "orders" || failed.Consumer != "kin_a" || time.Since(began) != 0 {
				t.Errorf("%s: got %v after %s", call, err, time.Since(began))
			}
		}
		f := newFake()
		f.missing = true
		r, _ := registry(t, f)
		_, err := r.Register(t.Context(), "kin_a")
		var failed *service.CallError
		if !errors.As(err, &failed) || failed.Operation() != "RegisterStreamConsumer" || failed.StreamName() != "orders" {
			t.Errorf("no such stream: got %v", err)
		}
		for _, name := range []string{"", "a b", "ä", strings.Repeat("x", 129), testStream + "/consumer/a:1"} {
			f := newFake()
			r, _ := registry(t, f)
			_, err := r.Register(t.Context(), name)
			var bad *record.OptionError
			if !errors.As(err, &bad) || len(f.calls) != 0 {
				t.Errorf("%q: got %v after %v", name, err, f.calls)
			}
		}
	})
}

func TestRegisterEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.creating = time.Minute
		r, _ := registry(t, f)
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(stopped) })
		began := time.Now()
		g, err := r.Register(ctx, "kin_a")
		if !errors.Is(err, stopped) || time.Since(began) != 10*time.Second || !g.Registered || g.Consumer.Name != "kin_a" {
			t.Errorf("got %+v, %v after %s", g, err, time.Since(began))
		}
	})
}

package efo

import (
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"

	"kin/internal/record"
	"kin/internal/service"
)

func names(l []Consumer) []string {
	var all []string
	for _, c := range l {
		all = append(all, c.Name)
	}
	return all
}

func TestListReadsEveryPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(consumerNames(25)...)
		f.pageSize = 10
		r, _ := newTestRegistry(t, f)
		l, err := r.List(t.Context())
		if err != nil || !reflect.DeepEqual(names(l.Consumers), consumerNames(25)) {
			t.Errorf("got %v, %v", names(l.Consumers), err)
		}
		if want := []string{"", "c09", "c19"}; !reflect.DeepEqual(f.tokens, want) {
			t.Errorf("tokens %q, want %q", f.tokens, want)
		}
		first := l.Consumers[0]
		if want := (Consumer{"c00", f.arn("c00"), types.ConsumerStatusActive, time.Now().Add(-time.Hour), testStream}); first != want || !l.At.Equal(time.Now()) {
			t.Errorf("got %+v at %s, want %+v", first, l.At, want)
		}
	})
}

func TestListRestartsWhenItsTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(consumerNames(25)...)
		f.pageSize = 10
		f.faults["list"] = []error{nil, nil, apiError("ExpiredNextTokenException")}
		r, _ := newTestRegistry(t, f)
		l, err := r.List(t.Context())
		if err != nil || !reflect.DeepEqual(names(l.Consumers), consumerNames(25)) {
			t.Errorf("got %v, %v", names(l.Consumers), err)
		}
		if want := []string{"", "c09", "c19", "", "c09", "c19"}; !reflect.DeepEqual(f.tokens, want) {
			t.Errorf("tokens %q, want %q", f.tokens, want)
		}
		for range 1000 {
			f.faults["list"] = append(f.faults["list"], nil, apiError("ExpiredNextTokenException"))
		}
		began := time.Now()
		_, err = r.List(t.Context())
		var spent *service.GaveUpError
		if !errors.As(err, &spent) || time.Since(began) < 30*time.Second || time.Since(began) > 31*time.Second {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
	})
}

func TestDescribeAndListGiveUpAfter30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, call := range []string{"list", "describe"} {
			for _, hang := range []bool{false, true} {
				f := newFake("kin_a")
				for range 1000 {
					f.faults[call] = append(f.faults[call], apiError("LimitExceededException"))
				}
				if hang {
					f.hang = call
				}
				r, _ := newTestRegistry(t, f)
				began := time.Now()
				var err error
				if call == "list" {
					_, err = r.List(t.Context())
				} else {
					_, err = r.Describe(t.Context(), "kin_a")
				}
				var spent *service.GaveUpError
				if !errors.As(err, &spent) || time.Since(began) != 30*time.Second {
					t.Errorf("%s, hang %t: got %v after %s", call, hang, err, time.Since(began))
				}
			}
		}
	})
}

func TestDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("kin_a")
		f.faults["describe"] = []error{apiError("LimitExceededException"), errors.New("reset")}
		r, _ := newTestRegistry(t, f)
		want := Consumer{"kin_a", f.arn("kin_a"), types.ConsumerStatusActive, time.Now().Add(-time.Hour), testStream}
		for _, id := range []ID{"kin_a", ID(want.ARN)} {
			if c, err := r.Describe(t.Context(), id); err != nil || c != want {
				t.Errorf("%s: got %+v, %v", id, c, err)
			}
		}
		_, err := r.Describe(t.Context(), "kin_b")
		var missing *NotFoundError
		if !errors.As(err, &missing) || missing.Stream != "orders" || missing.Consumer != "kin_b" {
			t.Errorf("got %v", err)
		}
	})
}

func TestPrunableReturnsOnlyOldEphemeralConsumers(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	id := uuid.MustParse("11111111-2222-4333-8444-aaaaaaaaaaaa")
	old, young := now.Add(-25*time.Hour), now.Add(-24*time.Hour)
	all := []Consumer{
		{Name: EphemeralName("kin_", id), Created: old, Status: types.ConsumerStatusActive},
		{Name: EphemeralName("kin_", id), Created: old, Status: types.ConsumerStatusCreating},
		{Name: EphemeralName("kin_", id), Created: old, Status: types.ConsumerStatusDeleting},
		{Name: EphemeralName("kin_", id), Created: young, Status: types.ConsumerStatusActive},
		{Name: EphemeralName("databricks_", id), Created: old, Status: types.ConsumerStatusActive},
		{Name: "kin_" + id.String(), Created: old, Status: types.ConsumerStatusActive},
		{Name: "kin_tmp_", Created: old, Status: types.ConsumerStatusActive},
		{Name: "kin_tmp_orders", Created: old, Status: types.ConsumerStatusActive},
		{Name: "xkin_tmp_" + id.String(), Created: old, Status: types.ConsumerStatusActive},
		{Name: "kin_tmp_" + id.String() + "0", Created: old, Status: types.ConsumerStatusActive},
		{Name: "kin_tmp_11111111222243338444aaaaaaaaaaaa", Created: old, Status: types.ConsumerStatusActive},
		{Name: "kin_tmp_11111111-2222-4333-8444-AAAAAAAAAAAA", Created: old, Status: types.ConsumerStatusActive},
	}
	if got := Prunable(all, "kin_", 24*time.Hour, now); !reflect.DeepEqual(got, all[:2]) {
		t.Errorf("got %+v", got)
	}
	all[3].Created = now.Add(time.Second)
	if got, want := Prunable(all, "kin_", 0, now), []Consumer{all[0], all[1], all[3]}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := Prunable(all, "databricks_", 24*time.Hour, now); !reflect.DeepEqual(got, all[4:5]) {
		t.Errorf("got %+v", got)
	}
}

func TestNewRegistryNeedsAStream(t *testing.T) {
	for _, o := range []RegistryOptions{
		{StreamARN: testStream},
		{Stream: "orders", StreamARN: "orders"},
		{Stream: "orders", StreamARN: testStream, Timeout: -1},
	} {
		_, err := NewRegistry(newFake(), o)
		var bad *record.OptionError
		if !errors.As(err, &bad) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

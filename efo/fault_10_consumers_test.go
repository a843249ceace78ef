package efo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"

	"kin/internal/service"
)

// A consumer without a registration time may be one that a run reads through just now.
func TestFault10AConsumerOfUnknownAgeIsPrunedAtAnyAgeOnly(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	undated := Consumer{Name: EphemeralName("kin_", uuid.New()), Status: types.ConsumerStatusActive}
	old := Consumer{Name: EphemeralName("kin_", uuid.New()), Status: types.ConsumerStatusActive, Created: now.Add(-48 * time.Hour)}
	going := Consumer{Name: EphemeralName("kin_", uuid.New()), Status: types.ConsumerStatusDeleting}
	named := Consumer{Name: "kin_app", Status: types.ConsumerStatusActive}
	all := []Consumer{undated, old, going, named}
	for olderThan, want := range map[time.Duration][]Consumer{
		0: {undated, old}, time.Nanosecond: {old}, 24 * time.Hour: {old}, 72 * time.Hour: nil, 1 << 62: nil,
	} {
		if got := Prunable(all, "kin_", olderThan, now); !slices.Equal(got, want) {
			t.Errorf("older than %s: got %+v", olderThan, got)
		}
	}
	if got := Undated(all, "kin_"); !slices.Equal(got, []Consumer{undated}) {
		t.Errorf("undated: got %+v", got)
	}
}

// deaf is a service whose DeregisterStreamConsumer removes nothing, and answers with err.
type deaf struct {
	*fakeRegistry
	err     error
	most    int // removals; one more calls tooMany
	tooMany func()
}

func (d deaf) DeregisterStreamConsumer(ctx context.Context, _ *service.DeregisterStreamConsumerInput) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(ctx, "deregister"); err != nil {
		return err
	}
	if d.count("deregister") > d.most {
		d.tooMany()
	}
	return d.err
}

func TestFault10ARemovalThatRemovesNothingBacksOffAndIsReported(t *testing.T) {
	for want, answer := range map[string]error{
		"DeregisterStreamConsumer succeeded, but the consumer is still there; trying again":                  nil,
		"DeregisterStreamConsumer does not find the consumer, but DescribeStreamConsumer does; trying again": apiError("ResourceNotFoundException"),
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake("kin_a")
			var said []string
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			// There were 300 calls a minute, or calls without end.
			r, err := NewRegistry(deaf{f, answer, 70, cancel}, RegistryOptions{Stream: "orders", StreamARN: testStream, Timeout: time.Minute, Info: func(m string) { said = append(said, m) }})
			if err != nil {
				t.Fatal(err)
			}
			removed, err := r.Deregister(ctx, "kin_a")
			var late *TimeoutError
			if removed || !errors.As(err, &late) || late.State != "ACTIVE" {
				t.Errorf("got %t, %v after %d calls", removed, err, f.count("deregister"))
			}
			if want = "consumer kin_a of orders: it is ACTIVE: " + want; strings.Join(said, "\n") != want {
				t.Errorf("said %q, want %q", said, want)
			}
		})
	}
}

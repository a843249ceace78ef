package efo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// slowList is a list of consumers with slow pages. With repeats it never ends.
type slowList struct {
	RegistryClient
	takes   time.Duration
	repeats bool
}

func (s slowList) ListStreamConsumers(ctx context.Context, in *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	if err := service.Sleep(ctx, s.takes); err != nil {
		return nil, err
	}
	page := 0
	_, _ = fmt.Sscan(in.NextToken, &page)
	name := fmt.Sprintf("c%02d", page)
	out := &service.ListStreamConsumersOutput{Consumers: []types.Consumer{{
		ConsumerName: aws.String(name), ConsumerARN: aws.String(ordersARN + "/consumer/" + name + ":1"), ConsumerStatus: types.ConsumerStatusActive,
		ConsumerCreationTimestamp: aws.Time(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)),
	}}}
	if page++; page < 20 {
		out.NextToken = fmt.Sprint(page)
	}
	if s.repeats {
		out.NextToken = "0"
	}
	return out, nil
}

// The time limit of a list counts from the last page with a new consumer. A list that never ends is
// reported after 5 s. Its error has the total time.
func TestFault14SlowListOfConsumersIsReported(t *testing.T) {
	for name, l := range map[string]slowList{"slow": {takes: 3 * time.Second}, "endless": {takes: 100 * time.Millisecond, repeats: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var messages []string
				began := time.Now()
				r, err := NewRegistry(l, RegistryOptions{Stream: "orders", StreamARN: ordersARN, Info: func(m string) { messages = append(messages, m) }})
				if err != nil {
					t.Fatal(err)
				}
				listed, err := r.List(t.Context())
				var gaveUp *service.GaveUpError
				switch {
				case !l.repeats && (err != nil || len(listed.Consumers) != 20 || len(messages) > 0):
					t.Errorf("%d consumers, %v, messages %q", len(listed.Consumers), err, messages)
				case l.repeats && (!errors.As(err, &gaveUp) || gaveUp.After.Round(time.Second) != time.Since(began).Round(time.Second) || len(messages) != 1 ||
					!strings.HasPrefix(messages[0], "still trying: ListStreamConsumers for stream orders: the answer repeats a page token")):
					t.Errorf("after %s %v, messages %q", time.Since(began), err, messages)
				}
			})
		})
	}
}

// stopsAnswering is a list of consumers that never ends, and that has no answer any more
// after a while.
type stopsAnswering struct {
	slowList
	at time.Time
}

func (s stopsAnswering) ListStreamConsumers(ctx context.Context, in *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	if time.Now().After(s.at) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.slowList.ListStreamConsumers(ctx, in)
}

// The last list is cut off by the end of the time. The list before it says what is wrong.
func TestFault14AListThatIsCutOffIsGivenUpForWhatTheOneBeforeCameTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := stopsAnswering{slowList{takes: 100 * time.Millisecond, repeats: true}, time.Now().Add(10 * time.Second)}
		r, err := NewRegistry(client, RegistryOptions{Stream: "orders", StreamARN: ordersARN})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = r.List(t.Context())
		var gaveUp *service.GaveUpError
		if !errors.As(err, &gaveUp) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the answer repeats a page token") {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took < service.StartTimeout || took > service.StartTimeout+time.Second || gaveUp == nil || gaveUp.After != took {
			t.Errorf("%v after %s", gaveUp, took)
		}
	})
}

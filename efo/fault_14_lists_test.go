package efo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
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

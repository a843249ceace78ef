package efo

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// nullLists answers ListStreamConsumers without a list at first, and then with an empty list.
type nullLists struct {
	RegistryClient
	nulls, calls int
}

func (n *nullLists) ListStreamConsumers(context.Context, *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	if n.calls++; n.calls <= n.nulls {
		return &service.ListStreamConsumersOutput{}, nil
	}
	return &service.ListStreamConsumersOutput{Consumers: []types.Consumer{}}, nil
}

func TestFault08MissingListOfConsumersIsNotAnEmptyList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, nulls := range []int{0, 1, 1000} {
			n := &nullLists{nulls: nulls}
			r, err := NewRegistry(n, RegistryOptions{Stream: "orders", StreamARN: ordersARN})
			if err != nil {
				t.Fatal(err)
			}
			l, err := r.List(t.Context())
			var gaveUp *service.GaveUpError
			switch {
			case nulls < 1000 && (err != nil || len(l.Consumers) != 0 || n.calls != nulls+1):
				t.Errorf("%d null lists: %v, %v after %d calls", nulls, l.Consumers, err, n.calls)
			case nulls == 1000 && (!errors.As(err, &gaveUp) || n.calls < 2):
				t.Errorf("null lists forever: %v after %d calls", err, n.calls)
			}
		}
	})
}

// summaries is a StreamClient with a fixed answer.
type summaries func(context.Context) (*service.DescribeStreamSummaryOutput, error)

func (s summaries) DescribeStreamSummary(ctx context.Context, _ *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	return s(ctx)
}

// The call is reported after 5 s without an answer, and again at the end.
func TestFault14UnansweredFindStreamIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var messages []string
		_, err := FindStreamWithin(t.Context(), summaries(func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}), "orders", DefaultTimeout, func(m string) { messages = append(messages, m) }, nil)
		if err == nil || err.Error() != "gave up after 30s: DescribeStreamSummary for stream orders: no answer in time" {
			t.Errorf("got %v", err)
		}
		if len(messages) != 1 || messages[0] != "still trying: DescribeStreamSummary for stream orders: no answer from the service for 5s" {
			t.Errorf("messages %q", messages)
		}
	})
}

func TestFault08FindStreamNeedsASummary(t *testing.T) {
	for want, summary := range map[string]*types.StreamDescriptionSummary{
		"DescribeStreamSummary for stream orders: the answer has no summary": nil,
		"DescribeStreamSummary for stream orders: the answer has no ARN":     {StreamName: aws.String("orders")},
	} {
		_, err := FindStream(t.Context(), summaries(func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
			return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: summary}, nil
		}), "orders", nil)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

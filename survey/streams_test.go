package survey

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/reader"
)

// account has streams, answers pages of 100, and notes when it is asked.
type account struct {
	reader.Client
	names []string
	took  time.Duration // of a DescribeStreamSummary

	mu        sync.Mutex
	describes []time.Time
	atOnce    int
	mostOnce  int
}

func (a *account) ListStreams(_ context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
	from, found := slices.BinarySearch(a.names, in.ExclusiveStartStreamName)
	if found {
		from++
	}
	page := a.names[from:min(from+100, len(a.names))]
	out := &service.ListStreamsOutput{StreamNames: page, HasMoreStreams: aws.Bool(from+100 < len(a.names))}
	for _, name := range page {
		out.StreamSummaries = append(out.StreamSummaries, types.StreamSummary{StreamName: aws.String(name)})
	}
	return out, nil
}

func (a *account) DescribeStreamSummary(_ context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	a.mu.Lock()
	a.describes = append(a.describes, time.Now())
	a.atOnce++
	a.mostOnce = max(a.mostOnce, a.atOnce)
	a.mu.Unlock()
	time.Sleep(a.took)
	a.mu.Lock()
	a.atOnce--
	a.mu.Unlock()
	return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{
		StreamName: aws.String(in.StreamName), RetentionPeriodHours: aws.Int32(24),
	}}, nil
}

func TestAllPagesOfStreamsAreDescribedWithinTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{took: time.Second}
		for i := range 250 {
			a.names = append(a.names, fmt.Sprintf("stream-%03d", i))
		}
		streams, err := Streams(t.Context(), a, nil, nil)
		if err != nil || len(streams) != 250 {
			t.Fatalf("%d streams, %v", len(streams), err)
		}
		for i, s := range streams {
			if *s.Summary.StreamName != a.names[i] || s.Undescribed != nil {
				t.Fatalf("stream %d is %s, %v", i, *s.Summary.StreamName, s.Undescribed)
			}
		}
		if a.mostOnce != describesAtOnce {
			t.Errorf("%d calls at once", a.mostOnce)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := &account{}
		for i := range 200 {
			a.names = append(a.names, fmt.Sprintf("stream-%03d", i))
		}
		if _, err := Streams(t.Context(), a, nil, nil); err != nil {
			t.Fatal(err)
		}
		const limit = 20 // DescribeStreamSummary calls a second of an account
		for i, at := range a.describes[:len(a.describes)-limit-5] {
			if passed := a.describes[i+limit].Sub(at); passed < time.Second {
				t.Fatalf("%d calls in %s", limit, passed)
			}
		}
	})
}

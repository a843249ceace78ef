package survey

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/service"
	"kin/reader"
)

// described is an account whose DescribeStreamSummary is scripted. A nil answer without an
// error is that of account.
type described struct {
	*account
	answer func(ctx context.Context, stream string) (*service.DescribeStreamSummaryOutput, error)
	calls  map[string]int
}

func (d *described) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	d.mu.Lock()
	if d.calls == nil {
		d.calls = map[string]int{}
	}
	d.calls[in.StreamName]++
	d.mu.Unlock()
	if out, err := d.answer(ctx, in.StreamName); out != nil || err != nil {
		return out, err
	}
	return d.account.DescribeStreamSummary(ctx, in)
}

func accountOf(n int) *account {
	a := &account{}
	for i := range n {
		a.names = append(a.names, fmt.Sprintf("stream-%03d", i))
	}
	return a
}

// notKinesis is what the SDK returns for an answer that it cannot read.
func notKinesis() error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: "DescribeStreamSummary", Err: &smithy.DeserializationError{Err: errors.New("failed to decode response body, invalid character")}}
}

// One stream that cannot be described does not hide the others.
func TestFault14AStreamThatCannotBeDescribedDoesNotHideTheOthers(t *testing.T) {
	const bad = "stream-001"
	for name, tt := range map[string]struct {
		answer func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error)
		want   string
		calls  int // at most; 0 is many
	}{
		"garbled": {func(context.Context) (*service.DescribeStreamSummaryOutput, error) { return nil, notKinesis() }, "gave up after 30s: DescribeStreamSummary for stream stream-001: the answer is not one of Kinesis", 0},
		"unanswered": {func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, "gave up after 30s: DescribeStreamSummary for stream stream-001: no answer in time", 1},
		"no summary": {func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
			return &service.DescribeStreamSummaryOutput{}, nil
		}, "DescribeStreamSummary for stream stream-001: the answer has no summary", 1},
		"not allowed": {func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
			return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
		}, "DescribeStreamSummary for stream stream-001: AccessDeniedException: no", 1},
		"refused": {func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
			return nil, &smithy.GenericAPIError{Code: "ValidationException", Message: "no"}
		}, "DescribeStreamSummary for stream stream-001: ValidationException: no", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &described{account: accountOf(40), answer: func(ctx context.Context, stream string) (*service.DescribeStreamSummaryOutput, error) {
					if stream == bad {
						return tt.answer(ctx)
					}
					return nil, nil
				}}
				streams, err := Streams(t.Context(), d, nil, nil)
				if err != nil || len(streams) != 40 {
					t.Fatalf("%d streams, %v", len(streams), err)
				}
				for _, s := range streams {
					failed := *s.Summary.StreamName == bad
					if failed != (s.Undescribed != nil) || failed == (s.Summary.RetentionPeriodHours != nil) {
						t.Errorf("%s: %v", *s.Summary.StreamName, s.Undescribed)
					}
					if failed && s.Undescribed.Error() != tt.want {
						t.Errorf("got %q, want %q", s.Undescribed, tt.want)
					}
				}
				if n := d.calls[bad]; n > tt.calls && tt.calls > 0 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}

// Where no stream can be described, not each of them takes its 30 s: the first that is
// retried for as long stands for all.
func TestFault14DescriptionsThatAllFailEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &described{account: accountOf(500), answer: func(ctx context.Context, _ string) (*service.DescribeStreamSummaryOutput, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		var mu sync.Mutex
		var said []string
		streams, err := Streams(t.Context(), d, func(m string) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, m)
		}, nil)
		if err != nil || len(streams) != 500 {
			t.Fatalf("%d streams, %v", len(streams), err)
		}
		for _, s := range streams {
			if s.Undescribed == nil || !strings.Contains(s.Undescribed.Error(), "gave up after 30s: DescribeStreamSummary for stream stream-") {
				t.Fatalf("%s: %v", *s.Summary.StreamName, s.Undescribed)
			}
		}
		if len(d.calls) > describesAtOnce {
			t.Errorf("%d streams were asked about", len(d.calls))
		}
		if len(said) != 1 || !strings.HasPrefix(said[0], "still trying: DescribeStreamSummary for stream stream-0") || !strings.HasSuffix(said[0], "no answer from the service for 5s") {
			t.Errorf("said %q", said)
		}
	})
}

// A caller that nobody knows is not a fact of one stream.
func TestFault12ARefusedCallerEndsTheDescriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &described{account: accountOf(40), answer: func(context.Context, string) (*service.DescribeStreamSummaryOutput, error) {
			return nil, &smithy.GenericAPIError{Code: "UnrecognizedClientException", Message: "no"}
		}}
		if streams, err := Streams(t.Context(), d, nil, nil); err == nil || service.Code(err) != "UnrecognizedClientException" {
			t.Errorf("%d streams, %v", len(streams), err)
		}
	})
}

// The page of a list that has no list is garbled, and retried as such.
func TestFault08AListWithoutStreamsIsNotAnEmptyOne(t *testing.T) {
	for name, out := range map[string]*service.ListStreamsOutput{
		"nothing":         {},
		"null":            {HasMoreStreams: aws.Bool(false)},
		"names, no end":   {StreamNames: []string{}},
		"summaries alone": {StreamSummaries: []types.StreamSummary{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput { return out }}
				streams, err := Streams(t.Context(), a, nil, nil)
				var gaveUp *service.GaveUpError
				if !errors.As(err, &gaveUp) || err.Error() != "gave up after 30s: ListStreams: the answer has no list of streams" || a.calls < 2 {
					t.Errorf("%d streams, %v after %d calls", len(streams), err, a.calls)
				}
			})
		})
	}
	a := &answers{list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput {
		return &service.ListStreamsOutput{StreamNames: []string{}, HasMoreStreams: aws.Bool(false)}
	}}
	if streams, err := Streams(t.Context(), a, nil, nil); err != nil || len(streams) != 0 || a.calls != 1 {
		t.Errorf("%d streams, %v after %d calls", len(streams), err, a.calls)
	}
}

// Without an answer the message that comes after 5 s names the call, and the one at the
// end.
func TestFault14AnUnansweredListOfStreamsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		_, err := Streams(t.Context(), silent{}, func(m string) { said = append(said, m) }, nil)
		if err == nil || err.Error() != "gave up after 30s: ListStreams: no answer in time" {
			t.Errorf("got %v", err)
		}
		if len(said) != 1 || said[0] != "still trying: ListStreams: no answer from the service for 5s" {
			t.Errorf("said %q", said)
		}
	})
}

// silent answers nothing.
type silent struct{ *account }

func (silent) ListStreams(ctx context.Context, _ *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (silent) DescribeStreamSummary(ctx context.Context, _ *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestFault08AStreamWithoutASummaryIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, answer := range map[string]*service.DescribeStreamSummaryOutput{
			"DescribeStreamSummary for stream orders: the answer has no summary": {},
		} {
			s, err := LookAt(t.Context(), reader.NewAsker(oneShard{answer: answer}, nil, nil), "orders")
			if err != nil || s.Summary != nil || s.Undescribed == nil || s.Undescribed.Error() != want || IsUnavailable(s.Undescribed) {
				t.Fatalf("got %+v, %v", s, err)
			}
			if text := reader.Unanswered(s.Undescribed); text != "answers without a summary" {
				t.Errorf("in words: %q", text)
			}
		}
	})
}

// oneShard is a stream of one shard.
type oneShard struct {
	reader.Client
	answer *service.DescribeStreamSummaryOutput
}

func (o oneShard) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	return &service.ListShardsOutput{Shards: []types.Shard{listed("0", "", "", "0", "9", false)}}, nil
}

func (o oneShard) DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	return o.answer, nil
}

// The name of a stream is printed, and asked for in further calls.
func TestFault08NamesOfStreamsThatCannotBeAreNotBelieved(t *testing.T) {
	for _, name := range []string{"", "\x1b[31mred", "a b", "arn:aws:kinesis:us-east-1:000000000000:stream/a"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want := fmt.Sprintf("ListStreams: the answer cannot be right: %q is not the name of a stream", name)
				for _, out := range []*service.ListStreamsOutput{
					{StreamNames: []string{"a", name}, HasMoreStreams: aws.Bool(false)},
					{StreamSummaries: []types.StreamSummary{{StreamName: &name}}, HasMoreStreams: aws.Bool(false)},
				} {
					a := &answers{list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput { return out }}
					if _, err := Streams(t.Context(), a, nil, nil); err == nil || err.Error() != "gave up after 30s: "+want {
						t.Errorf("got %v", err)
					}
					if _, err := StreamNames(t.Context(), a); err == nil || err.Error() != want {
						t.Errorf("a completion got %v", err)
					}
				}
			})
		})
	}
}

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

// scriptedDescriptions is an account with a scripted DescribeStreamSummary. A nil answer without an
// error is replaced by the answer of account.
type scriptedDescriptions struct {
	*account
	answer func(ctx context.Context, stream string) (*service.DescribeStreamSummaryOutput, error)
	calls  map[string]int
}

func (d *scriptedDescriptions) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
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

func newAccount(n int) *account {
	a := &account{}
	for i := range n {
		a.names = append(a.names, fmt.Sprintf("stream-%03d", i))
	}
	return a
}

// notKinesis returns the SDK's error for an answer that it cannot parse.
func notKinesis() error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: "DescribeStreamSummary", Err: &smithy.DeserializationError{Err: errors.New("failed to decode response body, invalid character")}}
}

// A stream that cannot be described does not hide the others.
func TestFault14FailedDescriptionDoesNotHideOtherStreams(t *testing.T) {
	const bad = "stream-001"
	for name, tt := range map[string]struct {
		answer func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error)
		want   string
		calls  int // at most; 0 is many
	}{
		"garbled": {func(context.Context) (*service.DescribeStreamSummaryOutput, error) { return nil, notKinesis() }, "gave up after 30s: DescribeStreamSummary for stream stream-001: the answer did not come from Kinesis", 0},
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
				d := &scriptedDescriptions{account: newAccount(40), answer: func(ctx context.Context, stream string) (*service.DescribeStreamSummaryOutput, error) {
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

// If no stream can be described, the streams do not wait 30 s each. The first one that was retried
// for 30 s ends the others.
func TestFault14FailingDescriptionsEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &scriptedDescriptions{account: newAccount(500), answer: func(ctx context.Context, _ string) (*service.DescribeStreamSummaryOutput, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		var mu sync.Mutex
		var messages []string
		streams, err := Streams(t.Context(), d, func(m string) {
			mu.Lock()
			defer mu.Unlock()
			messages = append(messages, m)
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
		if len(messages) != 1 || !strings.HasPrefix(messages[0], "still trying: DescribeStreamSummary for stream stream-0") || !strings.HasSuffix(messages[0], "no answer from the service for 5s") {
			t.Errorf("messages %q", messages)
		}
	})
}

// Invalid credentials concern all streams.
func TestFault12UnauthenticCallerEndsTheDescriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &scriptedDescriptions{account: newAccount(40), answer: func(context.Context, string) (*service.DescribeStreamSummaryOutput, error) {
			return nil, &smithy.GenericAPIError{Code: "UnrecognizedClientException", Message: "no"}
		}}
		if streams, err := Streams(t.Context(), d, nil, nil); err == nil || service.Code(err) != "UnrecognizedClientException" {
			t.Errorf("%d streams, %v", len(streams), err)
		}
	})
}

// A page without a list is invalid and is retried.
func TestFault08MissingListOfStreamsIsNotAnEmptyList(t *testing.T) {
	for name, out := range map[string]*service.ListStreamsOutput{
		"nothing":         {},
		"null":            {HasMoreStreams: aws.Bool(false)},
		"names, no end":   {StreamNames: []string{}},
		"summaries alone": {StreamSummaries: []types.StreamSummary{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &scriptedLists{list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput { return out }}
				streams, err := Streams(t.Context(), a, nil, nil)
				var gaveUp *service.GaveUpError
				if !errors.As(err, &gaveUp) || err.Error() != "gave up after 30s: ListStreams: the answer has no list of streams" || a.calls < 2 {
					t.Errorf("%d streams, %v after %d calls", len(streams), err, a.calls)
				}
			})
		})
	}
	a := &scriptedLists{list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput {
		return &service.ListStreamsOutput{StreamNames: []string{}, HasMoreStreams: aws.Bool(false)}
	}}
	if streams, err := Streams(t.Context(), a, nil, nil); err != nil || len(streams) != 0 || a.calls != 1 {
		t.Errorf("%d streams, %v after %d calls", len(streams), err, a.calls)
	}
}

// The message after 5 s and the final error both name the call.
func TestFault14UnansweredListOfStreamsIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var messages []string
		_, err := Streams(t.Context(), silent{}, func(m string) { messages = append(messages, m) }, nil)
		if err == nil || err.Error() != "gave up after 30s: ListStreams: no answer in time" {
			t.Errorf("got %v", err)
		}
		if len(messages) != 1 || messages[0] != "still trying: ListStreams: no answer from the service for 5s" {
			t.Errorf("messages %q", messages)
		}
	})
}

// silent never answers.
type silent struct{ *account }

func (silent) ListStreams(ctx context.Context, _ *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (silent) DescribeStreamSummary(ctx context.Context, _ *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestFault08StreamWithoutASummaryHasShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, answer := range map[string]*service.DescribeStreamSummaryOutput{
			"DescribeStreamSummary for stream orders: the answer has no summary": {},
		} {
			s, err := LookAt(t.Context(), reader.NewAsker(oneShard{answer: answer}, nil, nil), "orders")
			if err != nil || s.Summary != nil || s.Undescribed == nil || s.Undescribed.Error() != want || IsUnavailable(s.Undescribed) {
				t.Fatalf("got %+v, %v", s, err)
			}
			if text := reader.Unanswered(s.Undescribed); text != "returned no summary" {
				t.Errorf("in words: %q", text)
			}
		}
	})
}

// oneShard is a stream with one shard.
type oneShard struct {
	reader.Client
	answer *service.DescribeStreamSummaryOutput
}

func (o oneShard) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	return &service.ListShardsOutput{Shards: []types.Shard{listedShard("0", "", "", "0", "9", false)}}, nil
}

func (o oneShard) DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	return o.answer, nil
}

// kin prints the names of streams and uses them in further calls.
func TestFault08InvalidStreamNamesAreRejected(t *testing.T) {
	for _, name := range []string{"", "\x1b[31mred", "a b", "arn:aws:kinesis:us-east-1:000000000000:stream/a"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want := fmt.Sprintf("ListStreams: the answer cannot be right: %q is not the name of a stream", name)
				for _, out := range []*service.ListStreamsOutput{
					{StreamNames: []string{"a", name}, HasMoreStreams: aws.Bool(false)},
					{StreamSummaries: []types.StreamSummary{{StreamName: &name}}, HasMoreStreams: aws.Bool(false)},
				} {
					a := &scriptedLists{list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput { return out }}
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

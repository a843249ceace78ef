package writer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"
	"kin/writer/queue"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// refusedDial is an address where nothing listens.
func refusedDial() error { return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} }

// A failure that was reported ends with a message, and one that was not does not.
func TestFault14TheEndOfAReportedFailureIsReported(t *testing.T) {
	for name, tt := range map[string]struct {
		fails time.Duration
		want  []string
	}{
		"short": {3 * time.Second, nil},
		"long": {30 * time.Second, []string{
			"orders: 3 records not written yet, retrying: dial tcp: connection refused", "orders: connected again after ",
		}},
		"longer": {100 * time.Second, []string{
			"orders: 3 records not written yet, retrying: ", "orders: 3 records not written yet, retrying: ", "orders: connected again after 1m",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: fourShards()}
				began := time.Now()
				s.put = func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if time.Since(began) < tt.fails {
						return nil, refusedDial()
					}
					return nil, nil
				}
				o := options()
				var said []string
				o.Info = func(message string) { said = append(said, message) }
				w := newWriter(t, s, o)
				if _, err := w.Run(t.Context(), numbered(3)); err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(said, tt.want, strings.HasPrefix) {
					t.Errorf("said %q, want %q", said, tt.want)
				}
				if last := w.Failing(); last != nil {
					t.Errorf("still failing: %v", last)
				}
				if len(said) > 0 {
					text, _ := strings.CutPrefix(said[len(said)-1], "orders: connected again after ")
					lasted, err := time.ParseDuration(text)
					if err != nil || lasted%time.Second != 0 || lasted < tt.fails-time.Second || lasted > tt.fails+queue.MaxBackoff {
						t.Errorf("it is said to have lasted %q", text)
					}
				}
			})
		})
	}
}

// A failure that ends because its records are given up is not said to be over.
func TestFault14RecordsThatAreGivenUpEndNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards(), put: func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			return nil, refusedDial()
		}}
		o := options()
		o.RetryFor = time.Minute
		o.Rejected = func(Rejection) error { return nil }
		var said []string
		o.Info = func(message string) { said = append(said, message) }
		w := newWriter(t, s, o)
		if _, err := w.Run(t.Context(), numbered(3)); err != nil {
			t.Fatal(err)
		}
		if len(said) == 0 || slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "connected again") }) {
			t.Errorf("said %q", said)
		}
		if last := w.Failing(); last == nil || !strings.Contains(last.Error(), "PutRecords for stream orders: dial tcp: connection refused") {
			t.Errorf("the last failure is %v", last)
		}
	})
}

// Whatever ends a run while a call fails, it is known which, and why.
func TestFault14ABoundDoesNotHideTheFailure(t *testing.T) {
	over := errors.New("the time of 5s was over")
	fails := func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
		return nil, refusedDial()
	}
	describe := func(context.Context) (*service.DescribeStreamSummaryOutput, error) { return nil, refusedDial() }
	hangs := func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("canceled: %w", ctx.Err())
	}
	calls := 0
	once := func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
		if calls++; calls == 1 {
			return nil, refusedDial()
		}
		return hangs(ctx)
	}
	for name, tt := range map[string]struct {
		service *memoryStream
		abandon bool
		error   string // of Run
		failing string // empty is none
	}{
		"at the start":           {&memoryStream{describe: describe}, false, "the time of 5s was over: DescribeStreamSummary for stream orders: dial tcp: connection refused", "DescribeStreamSummary for stream orders: dial tcp: connection refused"},
		"then it hangs":          {&memoryStream{describe: once}, false, "the time of 5s was over: DescribeStreamSummary for stream orders: dial tcp: connection refused", "DescribeStreamSummary for stream orders: dial tcp: connection refused"},
		"it only hangs":          {&memoryStream{describe: hangs}, false, "the time of 5s was over", ""},
		"abandoned at the start": {&memoryStream{describe: describe}, true, "the run was abandoned: DescribeStreamSummary for stream orders: dial tcp: connection refused", "DescribeStreamSummary for stream orders: dial tcp: connection refused"},
		"while it writes":        {&memoryStream{put: fails}, false, "the time of 5s was over", "PutRecords for stream orders: dial tcp: connection refused"},
		"abandoned":              {&memoryStream{put: fails}, true, "the run was abandoned", "PutRecords for stream orders: dial tcp: connection refused"},
		"nothing fails":          {&memoryStream{}, false, "the time of 5s was over", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls = 0
				ctx, cancel := context.WithCancelCause(t.Context())
				o := options()
				o.Grace = 0
				w := newWriter(t, tt.service, o)
				time.AfterFunc(5*time.Second, func() {
					if tt.abandon {
						w.Abandon()
						return
					}
					cancel(over)
				})
				n := 0
				_, err := w.Run(ctx, func(ctx context.Context) (Record, error) {
					if n++; n < 3 {
						return Record{PartitionKey: "k"}, nil
					}
					<-ctx.Done()
					return Record{}, io.EOF
				})
				cancel(nil)
				failing := ""
				if last := w.Failing(); last != nil {
					failing = last.Error()
				}
				if err == nil || err.Error() != tt.error || failing != tt.failing || errors.Is(err, over) == tt.abandon {
					t.Errorf("got %v, and failing is %q, want %s, and %q", err, failing, tt.error, tt.failing)
				}
			})
		})
	}
}

// The end of the start's time does not hide what failed before.
func TestFault14GivingUpNamesTheFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &memoryStream{describe: func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
			if time.Since(began) < 21*time.Second {
				return nil, refusedDial()
			}
			<-ctx.Done()
			return nil, fmt.Errorf("canceled: %w", ctx.Err())
		}}
		_, err := newWriter(t, s, options()).Run(t.Context(), numbered(1))
		var exhausted *GaveUpError
		if !errors.As(err, &exhausted) || !strings.HasSuffix(err.Error(), "gave up after 30s: DescribeStreamSummary for stream orders: dial tcp: connection refused") {
			t.Errorf("got %v", err)
		}
	})
}

// mute takes messages and drops them.
func mute(string) {}

// A call of the start that is not answered is named after 5 s, once, and its end is
// reported.
func TestFault14AStartWithoutAnAnswerIsReported(t *testing.T) {
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, tt := range map[string]struct {
		fail func(ctx context.Context, attempt int) error
		want []string
	}{
		"no answer for ever": {func(ctx context.Context, _ int) error { return hang(ctx) },
			[]string{"still trying: DescribeStreamSummary for stream orders: no answer from the service for 5s"}},
		"one without": {func(ctx context.Context, attempt int) error {
			if attempt == 1 {
				return hang(ctx)
			}
			return nil
		}, []string{"still trying: DescribeStreamSummary for stream orders: no answer from the service for 5s", "connected again after 1"}},
		"refused": {func(context.Context, int) error { return refusedDial() },
			[]string{"still trying: DescribeStreamSummary for stream orders: dial tcp: connection refused"}},
		"refused once": {func(_ context.Context, attempt int) error {
			if attempt == 1 {
				return refusedDial()
			}
			return nil
		}, nil},
	} {
		for what, call := range map[string]func(context.Context, *memoryStream, func(string)) error{
			"run": func(ctx context.Context, s *memoryStream, info func(string)) error {
				o := options()
				o.Info = info
				w, err := New(s, o)
				if err == nil {
					_, err = w.Run(ctx, numbered(3))
				}
				return err
			},
			"identity": func(ctx context.Context, s *memoryStream, info func(string)) error {
				_, _, err := Identity(ctx, s, "orders", info)
				return err
			},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &memoryStream{shards: fourShards()}
					attempts := 0
					s.describe = func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
						attempts++
						if err := tt.fail(ctx, attempts); err != nil {
							return nil, err
						}
						return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{}}, nil
					}
					var said []string
					err := call(t.Context(), s, func(m string) { said = append(said, m) })
					if !slices.EqualFunc(said, tt.want, strings.HasPrefix) {
						t.Errorf("said %q, want %q", said, tt.want)
					}
					if failed := len(tt.want) == 1; failed != (err != nil) {
						t.Errorf("got %v", err)
					}
				})
			})
		}
	}
}

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

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/writer/queue"
)

// refusedDial returns the error of a connection to a port that nobody listens on.
func refusedDial() error { return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} }

// The end of a failure is reported only if the failure was reported.
func TestFault14ReportsTheEndOfAReportedFailure(t *testing.T) {
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
				var messages []string
				o.Info = func(message string) { messages = append(messages, message) }
				w := newWriter(t, s, o)
				if _, err := w.Run(t.Context(), numbered(3)); err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(messages, tt.want, strings.HasPrefix) {
					t.Errorf("messages %q, want %q", messages, tt.want)
				}
				if last := w.Failing(); last != nil {
					t.Errorf("still failing: %v", last)
				}
				if len(messages) > 0 {
					text, _ := strings.CutPrefix(messages[len(messages)-1], "orders: connected again after ")
					lasted, err := time.ParseDuration(text)
					if err != nil || lasted%time.Second != 0 || lasted < tt.fails-time.Second || lasted > tt.fails+queue.MaxBackoff {
						t.Errorf("the reported duration is %q", text)
					}
				}
			})
		})
	}
}

// If the failing records are rejected, no message says that the connection works again.
func TestFault14RejectionIsNotReportedAsRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards(), put: func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			return nil, refusedDial()
		}}
		o := options()
		o.RetryFor = time.Minute
		o.Rejected = func(Rejection) error { return nil }
		var messages []string
		o.Info = func(message string) { messages = append(messages, message) }
		w := newWriter(t, s, o)
		if _, err := w.Run(t.Context(), numbered(3)); err != nil {
			t.Fatal(err)
		}
		if len(messages) == 0 || slices.ContainsFunc(messages, func(s string) bool { return strings.Contains(s, "connected again") }) {
			t.Errorf("messages %q", messages)
		}
		if last := w.Failing(); last == nil || !strings.Contains(last.Error(), "PutRecords for stream orders: dial tcp: connection refused") {
			t.Errorf("the last failure is %v", last)
		}
	})
}

// If a run ends while a call fails, Failing still returns the call and its error.
func TestFault14FailingNamesTheCallAfterTheRun(t *testing.T) {
	errTimeout := errors.New("--timeout 5s expired")
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
		error   string // the error of Run
		failing string // empty: Failing returns nil
	}{
		"at the start":           {&memoryStream{describe: describe}, false, "--timeout 5s expired: DescribeStreamSummary for stream orders: dial tcp: connection refused", "DescribeStreamSummary for stream orders: dial tcp: connection refused"},
		"then it hangs":          {&memoryStream{describe: once}, false, "--timeout 5s expired: DescribeStreamSummary for stream orders: dial tcp: connection refused", "DescribeStreamSummary for stream orders: dial tcp: connection refused"},
		"it only hangs":          {&memoryStream{describe: hangs}, false, "--timeout 5s expired", ""},
		"abandoned at the start": {&memoryStream{describe: describe}, true, "the run was abandoned: DescribeStreamSummary for stream orders: dial tcp: connection refused", "DescribeStreamSummary for stream orders: dial tcp: connection refused"},
		"while it writes":        {&memoryStream{put: fails}, false, "--timeout 5s expired", "PutRecords for stream orders: dial tcp: connection refused"},
		"abandoned":              {&memoryStream{put: fails}, true, "the run was abandoned", "PutRecords for stream orders: dial tcp: connection refused"},
		"nothing fails":          {&memoryStream{}, false, "--timeout 5s expired", ""},
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
					cancel(errTimeout)
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
				if err == nil || err.Error() != tt.error || failing != tt.failing || errors.Is(err, errTimeout) == tt.abandon {
					t.Errorf("got %v, and failing is %q, want %s, and %q", err, failing, tt.error, tt.failing)
				}
			})
		})
	}
}

// The timeout of the start does not hide the failure before it.
func TestFault14TimeoutOfTheStartNamesTheFailure(t *testing.T) {
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

// discard drops messages.
func discard(string) {}

// A call at the start without an answer is reported once, after 5 s. Its end is reported
// too.
func TestFault14ReportsACallAtTheStartWithoutAnswer(t *testing.T) {
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, tt := range map[string]struct {
		fail func(ctx context.Context, attempt int) error
		want []string
	}{
		"never an answer": {func(ctx context.Context, _ int) error { return hang(ctx) },
			[]string{"still trying: DescribeStreamSummary for stream orders: no answer from the service for 5s"}},
		"one attempt without answer": {func(ctx context.Context, attempt int) error {
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
					var messages []string
					err := call(t.Context(), s, func(m string) { messages = append(messages, m) })
					if !slices.EqualFunc(messages, tt.want, strings.HasPrefix) {
						t.Errorf("messages %q, want %q", messages, tt.want)
					}
					if failed := len(tt.want) == 1; failed != (err != nil) {
						t.Errorf("got %v", err)
					}
				})
			})
		}
	}
}

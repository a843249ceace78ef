package writer

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"
)

var errSignal = errors.New("interrupted")

// after3 is an input of three records which then waits, as a terminal does.
func after3() func(context.Context) (Record, error) {
	i := 0
	return func(ctx context.Context) (Record, error) {
		if i++; i > 3 {
			<-ctx.Done()
			return Record{}, ctx.Err()
		}
		return Record{PartitionKey: "k", Data: []byte(strconv.Itoa(i))}, nil
	}
}

// cancelledAfter runs a writer and cancels it after d.
func cancelledAfter(t *testing.T, d time.Duration, s *memoryStream, o Options, next func(context.Context) (Record, error)) (Summary, error) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	time.AfterFunc(d, func() { cancel(errSignal) })
	return newWriter(t, s, o).Run(ctx, next)
}

func TestACancelledRunWritesWhatItHasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{}
		got, err := cancelledAfter(t, 50*time.Millisecond, s, options(), after3())
		want := Summary{Read: 3, Written: 3, Bytes: 3, WrittenThrough: 3, Duration: 50 * time.Millisecond}
		if err != errSignal || got != want {
			t.Errorf("got %+v, %v, want %+v, %v", got, err, want, errSignal)
		}
	})
}

func TestACancelledRunFinishesTheRequestInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{put: func(ctx context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n == 1 {
				time.Sleep(10 * time.Second)
			}
			if n == 2 {
				return nil, throttled()
			}
			return nil, ctx.Err()
		}}
		got, err := cancelledAfter(t, time.Second, s, options(), after3())
		if took := got.Duration - 10100*time.Millisecond; took < 0 || took > time.Second {
			t.Errorf("took %s, want the linger and the 10s of the request", got.Duration)
		}
		got.Duration = 0
		if want := (Summary{Read: 3, Written: 3, Bytes: 3, WrittenThrough: 3}); err != errSignal || got != want {
			t.Errorf("got %+v, %v, want %+v, %v", got, err, want, errSignal)
		}
	})
}

func TestACancelledRunEndsWithItsGrace(t *testing.T) {
	for _, tt := range []struct {
		name string
		put  func(context.Context) error
		want Summary
	}{
		{"hanging", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, Summary{Read: 1200, Written: 500, Unsure: 500}},
		{"throttled", func(context.Context) error { return throttled() }, Summary{Read: 1200, Written: 500, Retried: 500}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options()
				o.Grace = 3 * time.Second
				s := &memoryStream{put: func(ctx context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if n == 1 {
						return nil, nil
					}
					return nil, tt.put(ctx)
				}}
				next := numbered(1200)
				got, err := cancelledAfter(t, 2*time.Second, s, o, next)
				want := tt.want
				want.WrittenThrough, want.Bytes, want.Duration = 500, 9+90*2+401*3, 5*time.Second
				if err != errSignal || got != want {
					t.Errorf("got %+v, %v, want %+v, %v", got, err, want, errSignal)
				}
			})
		})
	}
}

func TestACancelledRunDoesNotWaitForAnInputThatIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := make(chan struct{})
		next := numbered(3)
		i := 0
		got, err := cancelledAfter(t, time.Second, &memoryStream{}, options(), func(ctx context.Context) (Record, error) {
			if i++; i > 3 {
				<-blocked // as a read of a terminal, which nothing ends
			}
			return next(ctx)
		})
		if want := (Summary{Read: 3, Written: 3, Bytes: 3, WrittenThrough: 3, Duration: time.Second}); err != errSignal || got != want {
			t.Errorf("got %+v, %v, want %+v, %v", got, err, want, errSignal)
		}
		close(blocked)
	})
}

func TestARunThatIsCancelledAtItsStartSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{describe: func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		got, err := cancelledAfter(t, time.Second, s, options(), numbered(3))
		if want := (Summary{Duration: time.Second}); err != errSignal || got != want {
			t.Errorf("got %+v, %v, want %+v, %v", got, err, want, errSignal)
		}
	})
}

// A run can be given up at any moment of its start, and before it.
func TestAbandonIsNotLost(t *testing.T) {
	for name, when := range map[string]func(*memoryStream, *Writer){
		"before the run":   func(_ *memoryStream, w *Writer) { w.Abandon() },
		"in the last call": func(s *memoryStream, w *Writer) { s.listing = w.Abandon },
		"while it is waiting": func(s *memoryStream, w *Writer) {
			s.listing = func() { time.AfterFunc(time.Second, w.Abandon); time.Sleep(time.Minute) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: fourShards()}
				w := newWriter(t, s, options())
				when(s, w)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				got, err := w.Run(ctx, after3())
				if !errors.Is(err, ErrAbandoned) || got.Written > 0 {
					t.Errorf("got %+v, %v", got, err)
				}
			})
		})
	}
}

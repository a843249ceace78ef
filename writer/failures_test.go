package writer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"
)

// A failure is over once a record is written while no other one fails, also where
// all records that failed were given up.
func TestFault14AFailureThatIsOverIsNotTheLast(t *testing.T) {
	for name, tt := range map[string]struct {
		retryFor time.Duration
		heals    bool // the key k
		over     bool
	}{
		"records were given up, and later ones are written": {5 * time.Second, true, true},
		"the records of another key are written":            {time.Hour, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &memoryStream{shards: fourShards()}
				s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if time.Since(began) < 30*time.Second {
						return nil, refusedDial()
					}
					fails := map[int]string{}
					for i, e := range in.Records {
						if *e.PartitionKey == "k" && !tt.heals {
							fails[i] = service.CodeShardLimit
						}
					}
					return s.store(in, fails), nil
				}
				o := options()
				o.RetryFor, o.Grace = tt.retryFor, 0
				o.Rejected = func(Rejection) error { return nil }
				w := newWriter(t, s, o)
				ctx, cancel := context.WithCancelCause(t.Context())
				stop := errors.New("stopped")
				time.AfterFunc(60*time.Second, func() { cancel(stop) })
				n := 0
				got, err := w.Run(ctx, func(ctx context.Context) (Record, error) {
					key := "k"
					if n++; n%2 == 0 {
						key = "other"
					}
					return Record{PartitionKey: key}, service.Sleep(ctx, time.Second)
				})
				if !errors.Is(err, stop) || got.Rejected == 0 || got.Written == 0 {
					t.Fatalf("got %+v, %v", got, err)
				}
				if last := w.Failing(); (last == nil) != tt.over {
					t.Errorf("the last failure is %v", last)
				}
			})
		})
	}
}

// The message about the end of failures reports whether they were of the connection,
// or the service only took no more for a while.
func TestFault14TheEndOfARefusalForNowIsNoConnection(t *testing.T) {
	inUse := &entryError{"ResourceInUseException", "being created"}
	for name, tt := range map[string]struct {
		fails []error // each for 20 s
		want  string
	}{
		"throttled":                     {[]error{throttled()}, "orders: writing again after "},
		"being created":                 {[]error{inUse}, "orders: writing again after "},
		"being created, then throttled": {[]error{inUse, throttled()}, "orders: writing again after "},
		"no connection":                 {[]error{refusedDial()}, "orders: connected again after "},
		"no connection, then throttled": {[]error{refusedDial(), throttled()}, "orders: connected again after "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &memoryStream{shards: fourShards(), put: func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if at := int(time.Since(began) / (20 * time.Second)); at < len(tt.fails) {
						return nil, tt.fails[at]
					}
					return nil, nil
				}}
				var said []string
				o := options()
				o.Info = func(message string) { said = append(said, message) }
				if _, err := newWriter(t, s, o).Run(t.Context(), numbered(3)); err != nil {
					t.Fatal(err)
				}
				if again := slices.IndexFunc(said, func(s string) bool { return strings.Contains(s, " again after ") }); again != len(said)-1 || !strings.HasPrefix(said[again], tt.want) {
					t.Errorf("said %q, want %q in the end", said, tt.want)
				}
			})
		})
	}
}

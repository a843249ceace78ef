package writer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kpl"
	"kin/internal/service"
)

// Records may be written in any order. Results are reported in input order, each once.
func TestReportsResultsInInputOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()}
		s.put = s.failAtRandom(3)
		o := options()
		var reported []Result
		calls := 0
		o.Report = func(r []Result) error {
			calls++
			reported = append(reported, r...)
			return nil
		}
		o.Rejected = func(Rejection) error { return nil }
		got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
			switch {
			case i > 1000:
				return Record{}, io.EOF
			case i%100 == 0:
				return Record{}, Reject(errors.New("odd"))
			}
			return Record{PartitionKey: strconv.Itoa(i % 90), Data: []byte(strconv.Itoa(i))}, nil
		}))
		if err != nil || got.Written != 990 || got.Rejected != 10 || got.WrittenThrough != 1000 {
			t.Errorf("got %+v, %v", got, err)
		}
		if len(reported) != 1000 || calls < 2 {
			t.Fatalf("%d results in %d calls, want 1,000 in several calls", len(reported), calls)
		}
		for i, r := range reported {
			want := Result{Record: int64(i + 1), ShardID: r.ShardID, SequenceNumber: r.SequenceNumber}
			if (i+1)%100 == 0 {
				want = Result{Record: int64(i + 1), ErrorCode: "Rejected", ErrorMessage: "odd"}
			} else if s.stored[number(t, r.SequenceNumber)-1] != strconv.Itoa(i+1) || r.ShardID == "" {
				t.Fatalf("record %d: %+v has the wrong place", i+1, r)
			}
			if r != want {
				t.Fatalf("got %+v, want %+v", r, want)
			}
		}
	})
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// KINESIS.md 2.6: a rejected record is passed to Rejected unchanged, and the run continues.
func TestPassesRejectedRecordsToRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()[:1]}
		s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			fails := map[int]string{}
			for i, e := range in.Records {
				if string(e.Data) == "3" || string(e.Data) == "5" {
					fails[i] = "InternalFailure"
				}
			}
			return s.store(in, fails), nil
		}
		o := options()
		o.RetryFor = time.Minute
		var saved []string
		o.Rejected = func(r Rejection) error {
			saved = append(saved, fmt.Sprintf("%d %s %s %s", r.Number, r.PartitionKey, r.Source, r.Reason))
			return nil
		}
		line := []byte("line 0\n")
		got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
			copy(line[5:], strconv.Itoa(i)) // the input reuses its memory
			switch i {
			case 4:
				return Record{Source: line}, Reject(errors.New("odd"))
			case 8:
				return Record{}, io.EOF
			}
			return Record{PartitionKey: "k", Data: []byte(strconv.Itoa(i)), Source: line}, nil
		}))
		got.Duration = 0
		if want := (Summary{Read: 7, Written: 4, Bytes: 4, Retried: 2, Rejected: 3, WrittenThrough: 7}); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		equal(t, "saved", saved, []string{"4  line 4\n odd", "3 k line 3\n InternalFailure: no", "5 k line 5\n InternalFailure: no"})
		equal(t, "stored", s.stored, []string{"1", "2", "6", "7"})
	})
}

// If a record cannot be saved, the run ends and the record does not count as saved.
func TestErrorOfCallbackEndsTheRun(t *testing.T) {
	full := errors.New("disk full")
	for name, listen := range map[string]func(*Options){
		"rejected": func(o *Options) { o.Rejected = func(Rejection) error { return full } },
		"report":   func(o *Options) { o.Report = func([]Result) error { return full } },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options()
				listen(&o)
				bad := name == "rejected"
				i := 0
				got, err := newWriter(t, &memoryStream{}, o).Run(t.Context(), func(ctx context.Context) (Record, error) {
					if i++; i == 2 && bad {
						return Record{}, Reject(errors.New("odd"))
					}
					return Record{PartitionKey: "k"}, service.Sleep(ctx, 50*time.Millisecond)
				})
				if err != full || bad && got.WrittenThrough > 1 {
					t.Errorf("got %+v, %v, want %v and nothing beyond record 1 kept", got, err, full)
				}
			})
		})
	}
}

func TestSkippedRecordsCountAsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{}
		o := options()
		o.Skip = 3
		o.Pace = 1
		got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
			switch {
			case i == 2:
				return Record{}, Reject(errors.New("odd"))
			case i == 3:
				return Record{Arrival: time.Unix(0, 0)}, nil
			case i > 6:
				return Record{}, io.EOF
			}
			return Record{PartitionKey: "k", Data: []byte(strconv.Itoa(i)), Arrival: time.Unix(100, 0)}, nil
		}))
		got.Duration = 0
		if want := (Summary{Read: 6, Written: 3, Bytes: 3, WrittenThrough: 6}); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		equal(t, "stored", s.stored, numbers(4, 6))
	})
}

// The effect of --rate and --pace on the duration of a run.
func TestRatesAndPaceSlowTheInputDown(t *testing.T) {
	record := func(i int, r Record) (Record, error) {
		if i > 20 {
			return Record{}, io.EOF
		}
		r.PartitionKey = strconv.Itoa(i)
		return r, nil
	}
	for _, tt := range []struct {
		name   string
		change func(*Options)
		next   func(int) (Record, error)
		took   time.Duration
	}{
		{"records", func(o *Options) { o.RecordRate = 10 }, func(i int) (Record, error) { return record(i, Record{}) }, 1900 * time.Millisecond},
		{"bytes", func(o *Options) { o.ByteRate = 1000 }, func(i int) (Record, error) {
			return record(i, Record{Data: make([]byte, 999)[:999-len(strconv.Itoa(i))]})
		}, 19880 * time.Millisecond},
		{"pace", func(o *Options) { o.Pace = 2 }, func(i int) (Record, error) { return record(i, Record{Arrival: time.Unix(int64(i), 0)}) }, 9500 * time.Millisecond},
		{"pace, out of order", func(o *Options) { o.Pace = 1 }, func(i int) (Record, error) { return record(i, Record{Arrival: time.Unix(int64(-i), 0)}) }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options()
				o.Linger = 0
				tt.change(&o)
				got, err := newWriter(t, &memoryStream{}, o).Run(t.Context(), source(tt.next))
				if err != nil || got.Written != 20 || got.Duration.Round(10*time.Millisecond) != tt.took {
					t.Errorf("got %+v, %v, want 20 written in %s", got, err, tt.took)
				}
			})
		})
	}
}

// KINESIS.md 2.7: an aggregate has records of one key, a single record is sent as it is,
// and no aggregate exceeds 51,200 bytes.
func TestAggregatesRecordsOfTheSameKey(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var sizes []int
			var users []string
			s := &memoryStream{shards: fourShards()[:1]}
			s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
				for _, e := range in.Records {
					split := []kpl.Record{{PartitionKey: *e.PartitionKey, Data: e.Data}}
					var a kpl.Aggregated
					ok := a.Parse(e.Data)
					if ok {
						split = nil
					}
					for c := a.Cursor(); c.Next(); {
						split = append(split, c.Record)
					}
					if ok && (len(split) < 2 || len(e.Data) > 51200) {
						t.Errorf("got an aggregate of %d records and %d bytes", len(split), len(e.Data))
					}
					sizes = append(sizes, len(split))
					for _, u := range split {
						if u.PartitionKey != *e.PartitionKey {
							t.Errorf("key %s in an aggregate of %s", u.PartitionKey, *e.PartitionKey)
						}
						users = append(users, string(bytes.TrimRight(u.Data, " ")))
					}
				}
				return nil, nil
			}
			o := options()
			o.Aggregate, o.Ordered = true, ordered
			got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
				switch {
				case i == 101:
					return Record{PartitionKey: "alone", Data: []byte("101")}, nil
				case i > 101:
					return Record{}, io.EOF
				}
				return Record{PartitionKey: "k", Data: fmt.Appendf(nil, "%-1000d", i)}, nil
			}))
			if err != nil || got.Written != 101 || got.Bytes != 100_003 {
				t.Errorf("got %+v, %v", got, err)
			}
			if ordered {
				equal(t, "sizes", sizes, []int{50, 1, 50})
			} else {
				equal(t, "sizes", sizes, []int{50, 50, 1})
			}
			if first := strings.Join(users[:50], " "); first != strings.Join(numbers(1, 50), " ") {
				t.Errorf("got %s", first)
			}
		})
	}
}

// Abandon, as after a second signal, ends requests in flight. Their records count as
// Unsure.
func TestAbandonEndsTheRunAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{put: func(ctx context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n == 1 {
				return nil, nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		w := newWriter(t, s, options())
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		time.AfterFunc(time.Second, func() { cancel(errSignal) })
		time.AfterFunc(2*time.Second, func() {
			if p := w.Progress(); p.Unsure != 500 || p.Written != 500 {
				t.Errorf("progress %+v, want 500 written and 500 unsure", p)
			}
			w.Abandon()
		})
		got, err := w.Run(ctx, numbered(1200))
		want := Summary{Read: 1200, Written: 500, Unsure: 500, WrittenThrough: 500, Bytes: 9 + 90*2 + 401*3, Duration: 2 * time.Second}
		if err != errSignal || got != want {
			t.Errorf("got %+v, %v, want %+v, %v", got, err, want, errSignal)
		}
	})
}

// Each request without an answer may have left a copy of its records.
func TestCountsAPossibleCopyPerUnansweredRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()[:1]}
		s.put = func(_ context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			switch n {
			case 1, 2, 4: // the record is stored, but the answer does not show it
				s.store(in, nil)
				return nil, answered(500, api("InternalFailure"))
			case 3:
				return nil, throttled()
			}
			return nil, nil
		}
		w := newWriter(t, s, options())
		got, err := w.Run(t.Context(), numbered(2))
		got.Duration = 0
		want := Summary{Read: 2, Written: 2, Bytes: 2, Retried: 2, PossiblyTwice: 2, PossibleCopies: 6, WrittenThrough: 2}
		if err != nil || got != want || len(s.stored) != 8 {
			t.Errorf("got %+v, %v, and %d stored, want %+v and 8", got, err, len(s.stored), want)
		}
		equal(t, "shards", w.Shards(), []ShardSummary{{ShardID: s.shards[0], Written: 2, Bytes: 2, Retried: 2, PossiblyTwice: 2, PossibleCopies: 6}})
	})
}

// The result of a record that may be in the stream says so.
func TestResultSaysThatTheRecordMayBeWritten(t *testing.T) {
	const maybe = "; the record may be in the stream, because an earlier request with it had no answer"
	for _, tt := range []struct {
		name  string
		first error // of the first request; every later one is throttled
		grace time.Duration
		want  Result
	}{
		{"in flight", nil, time.Second, Result{Record: 1, ErrorCode: "NoAnswer", ErrorMessage: "the run ended before it was written" + maybe}},
		{"no answer, then throttled", answered(500, api("InternalFailure")), time.Second,
			Result{Record: 1, ErrorCode: "NoAnswer", ErrorMessage: "the run ended before it was written" + maybe}},
		{"rejected after no answer", answered(500, api("InternalFailure")), time.Hour,
			Result{Record: 1, ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "slow down" + maybe}},
		{"throttled", throttled(), time.Second, Result{Record: 1, ErrorCode: "NotWritten", ErrorMessage: "the run ended before it was written"}},
		{"throttled, rejected", throttled(), time.Hour, Result{Record: 1, ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "slow down"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{put: func(ctx context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					switch {
					case n == 1 && tt.first == nil:
						<-ctx.Done()
						return nil, ctx.Err()
					case n == 1:
						return nil, tt.first
					}
					return nil, throttled()
				}}
				o := options()
				o.Grace = tt.grace
				var reported []Result
				o.Report = func(r []Result) error {
					reported = append(reported, r...)
					return nil
				}
				if _, err := cancelledAfter(t, 2*time.Second, s, o, numbered(1)); err == nil {
					t.Error("no error")
				}
				equal(t, "reported", reported, []Result{tt.want})
			})
		})
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	s := &memoryStream{shards: fourShards()}
	o := options()
	o.Skip = 1
	var reported []Preview
	got, err := newWriter(t, s, o).DryRun(t.Context(), source(func(i int) (Record, error) {
		switch i {
		case 3:
			return Record{}, Reject(errors.New("odd"))
		case 4:
			return Record{PartitionKey: "k", Data: make([]byte, 1<<20)}, nil
		case 6:
			return Record{}, io.EOF
		}
		return recordInShard(i%4, 4, strconv.Itoa(i)), nil
	}), func(p Preview) error {
		reported = append(reported, p)
		return nil
	})
	equal(t, "reported", reported, []Preview{
		{Record: 2, ShardID: s.shards[2], Size: 2},
		{Record: 3, ErrorCode: "Rejected", ErrorMessage: "odd"},
		{Record: 4, ErrorCode: "Rejected", ErrorMessage: "data and partition key have 1,048,577 bytes: the stream takes at most 1,048,576"},
		{Record: 5, ShardID: s.shards[1], Size: 2},
	})
	if want := (Summary{Read: 5, Rejected: 2}); got != want || err == nil || err.Error() != "2 records rejected, the first is record 3: odd" || len(s.requests) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOptionErrorNamesTheNumericOption(t *testing.T) {
	for _, tt := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.InFlight = 0 }, "requests in flight: want 1 to 256"},
		{func(o *Options) { o.RecordRate = -1 }, "record rate: want records a second, or 0 for no limit"},
		{func(o *Options) { o.ByteRate = -1 }, "byte rate: want bytes a second, or 0 for no limit"},
		{func(o *Options) { o.Pace = -1 }, "pace: want a factor above 0, or 0 for no waiting"},
		{func(o *Options) { o.Skip = -1 }, "skip: want 0 or more"},
	} {
		o := options()
		tt.change(&o)
		if _, err := New(&memoryStream{}, o); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

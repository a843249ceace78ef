package reader

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/lineage"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

// spoiled changes the first few answers of one call.
type spoiled struct {
	*kinesistest.Fake
	call  string
	spoil func(out any)

	mu   sync.Mutex // guards the following
	left int
}

func (s *spoiled) turn(call string, out any, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && call == s.call && s.left > 0 {
		s.left--
		s.spoil(out)
	}
}

func (s *spoiled) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	out, err := s.Fake.GetRecords(ctx, in)
	s.turn("GetRecords", out, err)
	return out, err
}

func (s *spoiled) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	out, err := s.Fake.ListShards(ctx, in)
	s.turn("ListShards", out, err)
	return out, err
}

func (s *spoiled) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	out, err := s.Fake.DescribeStreamSummary(ctx, in)
	s.turn("DescribeStreamSummary", out, err)
	return out, err
}

// spoils are impossible answers, by call and fault.
func spoils() map[string]func(out any) {
	last := func(change func(*types.Record)) func(any) {
		return func(out any) {
			if r := out.(*service.GetRecordsOutput).Records; len(r) > 0 {
				change(&r[len(r)-1])
			}
		}
	}
	behind := func(ms int64) func(any) {
		return func(out any) { out.(*service.GetRecordsOutput).MillisBehindLatest = &ms }
	}
	shard := func(change func(*types.Shard)) func(any) {
		return func(out any) {
			if s := out.(*service.ListShardsOutput).Shards; len(s) > 0 {
				change(&s[0])
			}
		}
	}
	summary := func(change func(*types.StreamDescriptionSummary)) func(any) {
		return func(out any) { change(out.(*service.DescribeStreamSummaryOutput).StreamDescriptionSummary) }
	}
	return map[string]func(any){
		"GetRecords null record":                last(func(r *types.Record) { *r = types.Record{} }),
		"GetRecords no sequence number":         last(func(r *types.Record) { r.SequenceNumber = nil }),
		"GetRecords no payload":                 last(func(r *types.Record) { r.Data = nil }),
		"GetRecords no records":                 func(out any) { out.(*service.GetRecordsOutput).Records = nil },
		"ListShards no shards":                  func(out any) { out.(*service.ListShardsOutput).Shards = nil },
		"GetRecords letters":                    last(func(r *types.Record) { r.SequenceNumber = aws.String("abc") }),
		"GetRecords negative":                   last(func(r *types.Record) { r.SequenceNumber = aws.String("-5") }),
		"GetRecords exponent":                   last(func(r *types.Record) { r.SequenceNumber = aws.String("1e9") }),
		"GetRecords endless":                    last(func(r *types.Record) { r.SequenceNumber = aws.String(strings.Repeat("9", 5000)) }),
		"GetRecords too high":                   last(func(r *types.Record) { r.SequenceNumber = aws.String(strings.Repeat("9", 56)) }),
		"GetRecords not growing":                last(func(r *types.Record) { r.SequenceNumber = aws.String("1") }),
		"GetRecords arrived in 1970":            last(func(r *types.Record) { r.ApproximateArrivalTimestamp = aws.Time(time.Unix(5, 0)) }),
		"GetRecords arrived in 30000":           last(func(r *types.Record) { r.ApproximateArrivalTimestamp = aws.Time(time.Unix(9e11, 0)) }),
		"GetRecords arrived in -100":            last(func(r *types.Record) { r.ApproximateArrivalTimestamp = aws.Time(time.Unix(-7e10, 0)) }),
		"GetRecords ahead of the tip":           behind(-1),
		"GetRecords behind for 300,000 years":   behind(9_300_000_000_000_000),
		"GetRecords largest MillisBehindLatest": behind(1 << 62),
		"ListShards null ID":                    shard(func(s *types.Shard) { s.ShardId = nil }),
		"ListShards empty ID":                   shard(func(s *types.Shard) { s.ShardId = aws.String("") }),
		"ListShards ID with a slash":            shard(func(s *types.Shard) { s.ShardId = aws.String("../a") }),
		"ListShards ending number is a word":    shard(func(s *types.Shard) { s.SequenceNumberRange.EndingSequenceNumber = aws.String("end") }),
		"DescribeStreamSummary created 1970":    summary(func(s *types.StreamDescriptionSummary) { s.StreamCreationTimestamp = aws.Time(time.Unix(1, 0)) }),
		"DescribeStreamSummary created 9999": summary(func(s *types.StreamDescriptionSummary) {
			s.StreamCreationTimestamp = aws.Time(time.Unix(253_370_764_800, 0))
		}),
		"DescribeStreamSummary no retention":   summary(func(s *types.StreamDescriptionSummary) { s.RetentionPeriodHours = aws.Int32(0) }),
		"DescribeStreamSummary huge retention": summary(func(s *types.StreamDescriptionSummary) { s.RetentionPeriodHours = aws.Int32(2_600_000) }),
		"DescribeStreamSummary no ARN":         summary(func(s *types.StreamDescriptionSummary) { s.StreamARN = aws.String("orders") }),
		"DescribeStreamSummary other ARN": summary(func(s *types.StreamDescriptionSummary) {
			s.StreamARN = aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/other")
		}),
		"DescribeStreamSummary other stream":  summary(func(s *types.StreamDescriptionSummary) { s.StreamName = aws.String("other") }),
		"GetRecords child without an ID":      func(out any) { children(out, types.ChildShard{ParentShards: []string{"a"}}) },
		"GetRecords child of an empty parent": func(out any) { children(out, types.ChildShard{ShardId: aws.String("b"), ParentShards: []string{""}}) },
		"GetRecords child with a space": func(out any) {
			children(out, types.ChildShard{ShardId: aws.String("a b"), ParentShards: []string{"a"}})
		},
	}
}

func children(out any, c types.ChildShard) {
	if o := out.(*service.GetRecordsOutput); o.NextShardIterator == "" {
		o.ChildShards = []types.ChildShard{c}
	}
}

func TestFault08RetriesImpossibleAnswersAndSavesNothingOfThem(t *testing.T) {
	all := spoils()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(
					&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4, 5, 6}, Closed: true, Children: []string{"b"}},
					&kinesistest.Shard{ID: "b", Parent: "a", Records: []int{7, 8}},
				)
				f.Page = 3
				f.Hours = aws.Int32(8760)
				call, _, _ := strings.Cut(name, " ")
				client := &spoiled{Fake: f, call: call, left: 6, spoil: all[name]}
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions = m
				got, err := readFor(t, client, time.Hour, o)
				if err != nil {
					t.Fatal(err)
				}
				once(t, got, numbers(1, 8))
				ordered(t, got, numbers(1, 8)...)
				if client.left > 0 && call != "GetRecords" && call != "ListShards" && client.left == 6 {
					t.Error("nothing was spoiled")
				}
				want := []string{"SHARD_END 6", "AFTER_SEQUENCE_NUMBER 8"}
				if at := []string{m.Position("a"), m.Position("b")}; !slices.Equal(at, want) {
					t.Errorf("saved %q, want %q", at, want)
				}
				for _, saved := range m.Saved {
					for _, s := range saved.Streams {
						if s.ARN != "" && s.ARN != "arn:aws:kinesis:us-east-1:000000000000:stream/orders" || !s.CreatedAt.IsZero() && !s.CreatedAt.Equal(kinesistest.Arrival(0)) {
							t.Errorf("saved %+v", s)
						}
						for id, shard := range s.Shards {
							if id != "a" && id != "b" || slices.Contains(shard.Parents, "") || slices.Contains(shard.Parents, id) {
								t.Errorf("saved shard %q of %q", id, shard.Parents)
							}
						}
					}
				}
			})
		})
	}
}

func TestFault08RepeatedImpossibleAnswersEndTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, call := range []string{"ListShards letters", "GetRecords letters"} {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})
			name, _, _ := strings.Cut(call, " ")
			client := &spoiled{Fake: f, call: name, left: 1 << 30, spoil: func(out any) {
				switch out := out.(type) {
				case *service.ListShardsOutput:
					out.Shards[0].ShardId = nil
				case *service.GetRecordsOutput:
					out.Records[0].SequenceNumber = aws.String("abc")
				}
			}}
			o := bounded()
			o.RetryFor = time.Minute
			var messages []string
			o.Info = func(m string) { messages = append(messages, m) }
			got, err := readFor(t, client, time.Hour, o)
			var gaveUp *GaveUpError
			if !errors.As(err, &gaveUp) || len(got) > 0 {
				t.Errorf("%s: got %q, %v", call, got, err)
			}
			if len(messages) == 0 || !strings.HasPrefix(messages[0], "still trying: "+name+" for ") {
				t.Errorf("%s: messages %q", call, messages)
			}
		}
	})
}

// repeating answers GetRecords with the same page for every iterator.
type repeating struct {
	*kinesistest.Fake
	left int
	page *service.GetRecordsOutput
	same bool // also return the same iterator
}

func (r *repeating) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	out, err := r.Fake.GetRecords(ctx, in)
	if err != nil || r.left == 0 {
		return out, err
	}
	r.left--
	if r.page == nil {
		r.page = out
	}
	page := *r.page
	page.Records = slices.Clone(page.Records)
	if r.same {
		page.NextShardIterator = in.ShardIterator
	}
	return &page, nil
}

func TestFault08PrintsARepeatedPageOnceAndReportsIt(t *testing.T) {
	for name, same := range map[string]bool{"with its own iterator": true, "with the next one": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4, 5}})
				f.Page = 2
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions = m
				var messages []string
				o.Info = func(m string) { messages = append(messages, m) }
				got, err := readFor(t, &repeating{Fake: f, left: 100, same: same}, time.Hour, o)
				if err != nil {
					t.Fatal(err)
				}
				ordered(t, got, numbers(1, 5)...)
				once(t, got, numbers(1, 5))
				reports := slices.DeleteFunc(slices.Clone(messages), func(m string) bool { return !strings.HasPrefix(m, "orders/a: the service sent records") })
				if calls := len(f.Times("GetRecords", "a")); len(reports) == 0 || len(reports) > 1+int(time.Since(f.Began)/time.Minute) || calls < 100 {
					t.Errorf("%d calls in %s, messages %q", calls, time.Since(f.Began), messages)
				}

				// An endless repetition ends with an error.
				f = kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4, 5}})
				f.Page = 2
				o = bounded()
				o.RetryFor = time.Minute
				got, err = readFor(t, &repeating{Fake: f, left: -1, same: same}, time.Hour, o)
				var gaveUp *GaveUpError
				if !errors.As(err, &gaveUp) || !errors.Is(err, errRepeats) {
					t.Errorf("ended with %v", err)
				}
				once(t, got, numbers(1, 2))
			})
		})
	}
}

// wayward ignores the requested position, and sometimes expires an iterator.
type wayward struct {
	*kinesistest.Fake
	begin func(in *service.GetShardIteratorInput)
	turn  int
}

func (w *wayward) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	changed := *in
	w.begin(&changed)
	return w.Fake.GetShardIterator(ctx, &changed)
}

func (w *wayward) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	if w.turn++; w.turn%12 == 11 {
		return nil, kinesistest.APIError("ExpiredIteratorException")
	}
	return w.Fake.GetRecords(ctx, in)
}

func TestFault08ServerThatBeginsTooEarlyLosesAndRepeatsNothing(t *testing.T) {
	for name, begin := range map[string]func(*service.GetShardIteratorInput){
		"AFTER is AT": func(in *service.GetShardIteratorInput) {
			if in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber {
				in.ShardIteratorType = types.ShardIteratorTypeAtSequenceNumber
			}
		},
		"the position is ignored": func(in *service.GetShardIteratorInput) {
			in.ShardIteratorType, in.StartingSequenceNumber = types.ShardIteratorTypeTrimHorizon, ""
		},
	} {
		for _, page := range []int{1, 2, 5} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{9, 10, 11, 99, 100, 101, 102, 103}, Closed: true}) // these differ in string order
					f.Page = page
					o, m := bounded(), kinesistest.NewMemory()
					o.Positions = m
					got, err := readFor(t, &wayward{Fake: f, begin: begin}, time.Hour, o)
					if err != nil {
						t.Fatal(err)
					}
					want := []string{"9", "10", "11", "99", "100", "101", "102", "103"}
					once(t, got, want)
					ordered(t, got, want...)

					// The next run, which begins after the last record, prints nothing twice
					// either.
					f = kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{9, 10, 11, 99, 100, 101, 102, 103}})
					f.Page = page
					m = kinesistest.NewMemory()
					o.Positions, o.Limit = m, 4
					if _, err := readFor(t, f, time.Hour, o); err != nil {
						t.Fatal(err)
					}
					o.Limit = 0
					got, err = readFor(t, &wayward{Fake: f, begin: begin}, time.Hour, o)
					if err != nil {
						t.Fatal(err)
					}
					once(t, got, want[4:])
				})
			})
		}
	}
}

func TestFault08WrongDateIsNotSavedAndReportedOnce(t *testing.T) {
	for name, wrong := range map[string]time.Time{
		"1970": time.Unix(1, 0), "9999": time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
		"in two days": time.Date(2026, 1, 3, 0, 1, 0, 0, time.UTC), "years ago": time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 2, local.Options{})
				began := time.Now()
				client := s.WithDates(func(right time.Time) time.Time {
					if passed := time.Since(began); passed > 30*time.Second && passed < 10*time.Minute {
						return wrong
					}
					return right
				})
				o, m := testOptions(), kinesistest.NewMemory()
				o.Positions, o.MaxFetchDuration = m, time.Second
				var messages []string
				o.Info = func(m string) { messages = append(messages, m) }
				s.Meanwhile(func() {
					for n := range 40 {
						time.Sleep(20 * time.Second)
						s.Put(n%2, numbers(n, n)...)
					}
				})
				got, err := readFor(t, client, 15*time.Minute, o)
				if err != nil {
					t.Fatal(err)
				}
				once(t, got, numbers(0, 39))
				if len(messages) != 1 || !strings.HasPrefix(messages[0], "the service's clock jumped from 2026-01-01T00:00:") {
					t.Errorf("messages %q", messages)
				}
				through := map[string]time.Time{}
				for _, saved := range m.Saved {
					for id, shard := range saved.Streams[0].Shards {
						for what, at := range map[string]time.Time{"readThrough": shard.ReadThrough.Time, "updatedAt": shard.UpdatedAt.Time} {
							if at.After(time.Now()) || !at.IsZero() && at.Before(began.Add(-time.Minute)) {
								t.Fatalf("saved %s %s of %s", what, at, id)
							}
						}
						if shard.ReadThrough.Before(through[id]) {
							t.Fatalf("readThrough of %s falls from %s to %s", id, through[id], shard.ReadThrough)
						}
						through[id] = shard.ReadThrough.Time
					}
				}
				for id, at := range through {
					if time.Since(at) > 2*time.Minute {
						t.Errorf("%s was read through %s, %s ago", id, at, time.Since(at))
					}
				}
			})
		})
	}
}

func TestFault08RejectsAnImpossibleFirstDate(t *testing.T) {
	for name, wrong := range map[string]time.Time{"1970": time.Unix(1, 0), "9999": time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				s.Put(0, "1")
				time.Sleep(2 * time.Second)
				began := time.Now()
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions = m
				got, err := readFor(t, s.WithDates(func(right time.Time) time.Time {
					if time.Since(began) < 10*time.Second {
						return wrong
					}
					return right
				}), time.Hour, o)
				if err != nil || !slices.Equal(got, []string{"1"}) {
					t.Errorf("a Date that is put right: got %q, %v", got, err)
				}
				o.Positions = kinesistest.NewMemory()
				began = time.Now()
				_, err = readFor(t, s.WithDates(func(time.Time) time.Time { return wrong }), time.Hour, o)
				var gaveUp *GaveUpError
				if !errors.As(err, &gaveUp) || time.Since(began) > time.Minute {
					t.Errorf("a Date that stays wrong: %v after %s", err, time.Since(began))
				}
			})
		})
	}
}

func TestFault08ReadThroughNeverDecreasesOrPassesTheDate(t *testing.T) {
	date := kinesistest.Arrival(1000)
	resp := func(behind int64, arrivals ...int) *Response {
		r := &Response{ServerTime: date, latest: date, MillisBehindLatest: &behind}
		for _, at := range arrivals {
			r.Records = append(r.Records, types.Record{SequenceNumber: aws.String("7"), PartitionKey: aws.String("k"), ApproximateArrivalTimestamp: aws.Time(kinesistest.Arrival(at))})
		}
		return r
	}
	e := newEncoder(func(dst []byte, _ record.Record) ([]byte, error) { return append(dst, 'x'), nil })
	for name, c := range map[string]struct {
		before int
		resp   *Response
		until  time.Time
		want   time.Time
	}{
		"moves on":                                    {100, resp(10_000), time.Time{}, kinesistest.Arrival(990)},
		"before the saved time":                       {995, resp(10_000), time.Time{}, kinesistest.Arrival(995)},
		"a record from the future, cut":               {100, resp(0, 5000, 6000), kinesistest.Arrival(5500), date},
		"an old record, cut":                          {100, resp(0, 50, 6000), kinesistest.Arrival(60), kinesistest.Arrival(100)},
		"a record from the future after a stray Date": {100, &Response{Records: resp(0, 5000).Records, latest: date}, time.Time{}, date},
		"an old record of a broken answer":            {100, &Response{Records: resp(0, 50).Records}, time.Time{}, kinesistest.Arrival(100)},
	} {
		before := lineage.AtTime(kinesistest.Arrival(1))
		before.ReadThrough.Time = kinesistest.Arrival(c.before)
		s := newSlicer(e, c.resp, before, hashFilter{})
		boundBy(s, c.until)
		b := onlyBlock(t, s)
		if got := b.after.ReadThrough.Time; !got.Equal(c.want) {
			t.Errorf("%s: read through %s, want %s", name, got, c.want)
		}
	}
}

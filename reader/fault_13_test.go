package reader

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
)

// refusing refuses iterators after a while, and answers whether the stream still exists.
type refusing struct {
	*kinesistest.Fake
	refuse  func(in *service.GetShardIteratorInput) bool
	summary func(*types.StreamDescriptionSummary) error
	ending  string // the last sequence number of closed shards
	starts  string
}

func (r *refusing) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	if r.refuse(in) {
		return nil, kinesistest.APIError("InvalidArgumentException")
	}
	return r.Fake.GetShardIterator(ctx, in)
}

func (r *refusing) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	out, err := r.Fake.DescribeStreamSummary(ctx, in)
	if err == nil && r.summary != nil {
		err = r.summary(out.StreamDescriptionSummary)
	}
	return out, err
}

func (r *refusing) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	out, err := r.Fake.ListShards(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, s := range out.Shards {
		if s.SequenceNumberRange.EndingSequenceNumber != nil && r.ending != "" {
			s.SequenceNumberRange.EndingSequenceNumber, s.SequenceNumberRange.StartingSequenceNumber = aws.String(r.ending), aws.String(r.starts)
		}
	}
	return out, nil
}

// expire expires the iterator of the n-th GetRecords.
func expire(f *kinesistest.Fake, n int) {
	calls := 0
	f.Hook = func(call, _ string) error {
		if call == "GetRecords" {
			if calls++; calls == n {
				return kinesistest.APIError("ExpiredIteratorException")
			}
		}
		return nil
	}
}

func isAfter(in *service.GetShardIteratorInput) bool {
	return in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber
}

func isAtSequence(in *service.GetShardIteratorInput) bool { return in.StartingSequenceNumber != "" }

func TestFault13RefusedNumberThatKinReceivedIsNoOptionError(t *testing.T) {
	typed := record.Position{Kind: record.AtSequenceNumber, ShardID: "a", SequenceNumber: "1"}
	var (
		notRetained *NotRetainedError
		recreated   *StreamRecreatedError
		deleted     *StreamDeletedError
		option      *record.OptionError
		unusable    *CheckpointError
	)
	for name, c := range map[string]struct {
		summary func(*types.StreamDescriptionSummary) error
		from    record.Position
		kept    bool
		first   bool // refused at the first use
		want    any
	}{
		"no longer retained":                   {want: &notRetained},
		"no longer retained, kept":             {kept: true, want: &notRetained},
		"created again":                        {want: &recreated, summary: createdLater},
		"created again, kept":                  {kept: true, want: &recreated, summary: createdLater},
		"being deleted":                        {want: &deleted, summary: func(s *types.StreamDescriptionSummary) error { s.StreamStatus = types.StreamStatusDeleting; return nil }},
		"the stream is not described":          {want: &notRetained, summary: func(*types.StreamDescriptionSummary) error { return kinesistest.APIError("AccessDeniedException") }},
		"from an option, accepted first":       {from: typed, want: &notRetained},
		"from an option, refused at once":      {from: typed, first: true, want: &option},
		"from the checkpoint, refused at once": {kept: true, first: true, want: &unusable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
				expire(f, 3)
				began := time.Now()
				client := &refusing{Fake: f, refuse: func(in *service.GetShardIteratorInput) bool {
					return isAtSequence(in) && (c.first || time.Since(began) > time.Second || isAfter(in))
				}, summary: func(s *types.StreamDescriptionSummary) error {
					if c.summary == nil || time.Since(began) == 0 {
						return nil
					}
					return c.summary(s)
				}}
				o := testOptions()
				if c.from.Kind == record.AtSequenceNumber {
					o.InitialPosition = c.from
				}
				if c.kept {
					m := kinesistest.NewMemory()
					o.Positions = m
					if c.first {
						if _, err := readFor(t, f, time.Minute, o.limited(1)); err != nil {
							t.Fatal(err)
						}
						began = time.Now()
					}
				}
				_, err := readFor(t, client, time.Hour, o)
				if !errors.As(err, c.want) {
					t.Fatalf("ended with %v", err)
				}
				state, is := err.(interface{ Unusable() bool })
				if is && state.Unusable() != c.kept {
					t.Errorf("a checkpoint that is unusable: %v", err)
				}
				if c.want != any(&option) && errors.As(err, &option) {
					t.Errorf("blames an option: %v", err)
				}
			})
		})
	}
}

// limited returns options that end after n records.
func (o Options) limited(n int64) Options {
	o.Limit = n
	return o
}

func createdLater(s *types.StreamDescriptionSummary) error {
	s.StreamCreationTimestamp = aws.Time(time.Now())
	return nil
}

func TestFault13AllowDataLossResumesFromTheOldestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
		expire(f, 3)
		client := &refusing{Fake: f, refuse: func(in *service.GetShardIteratorInput) bool {
			if !isAfter(in) {
				return false
			}
			f.Find("a").Records = []int{7, 8} // the earlier records are gone
			return true
		}}
		o := testOptions()
		o.AllowDataLoss = true
		var messages []string
		o.Info = func(m string) { messages = append(messages, m) }
		got, err := readFor(t, client, time.Minute, o)
		if err != nil || !slices.Equal(got, []string{"1", "2", "7", "8"}) {
			t.Errorf("got %q, %v", got, err)
		}
		if want := "sequence number 2 of orders/a, which kin has read, is no longer retained: records after it may be gone: InvalidArgumentException: told to"; !slices.Contains(messages, want) {
			t.Errorf("messages %q", messages)
		}
	})
}

// TestFault13ResumesAfterTheLastRecordOfAClosedShard is about servers that refuse AFTER the last
// sequence number of a closed shard, with and without further records.
func TestFault13ResumesAfterTheLastRecordOfAClosedShard(t *testing.T) {
	for name, c := range map[string]struct {
		refuse         func(*service.GetShardIteratorInput) bool
		starts, ending string
		want           []string
		lost           bool
	}{
		"AT is accepted": {refuse: isAfter, want: []string{"1", "2", "3", "4", "5"}},
		"AT is accepted, unrelated ending number": {refuse: isAfter, starts: "495", ending: "9", want: []string{"1", "2", "3", "4", "5"}},
		"AT is refused, unknown ending number":    {refuse: isAtSequence, starts: "0", ending: "9223372036854775807", lost: true},
		"AT is refused, unrelated ending number":  {refuse: isAtSequence, starts: "495", ending: "1", lost: true},
		"AT is refused, with more records":        {refuse: isAtSequence, starts: "0", ending: "4", lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4}, Closed: true, Children: []string{"b"}}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{5}})
				f.Page = 2
				expire(f, 2)
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions = m
				got, err := readFor(t, &refusing{Fake: f, refuse: c.refuse, starts: c.starts, ending: c.ending}, time.Hour, o)
				var lost *NotRetainedError
				if errors.As(err, &lost) != c.lost || !c.lost && err != nil || !slices.Equal(got, c.want) {
					t.Errorf("got %q, %v", got, err)
				}
				if at := m.File.Streams[0].Shards["a"]; c.lost && at.Kind == record.ShardEnd {
					t.Errorf("saved %+v", at)
				}
			})
		})
	}
}

func TestFault13LastSequenceNumberOfAClosedShardIsItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}, Trailing: 3, Closed: true, Children: []string{"b"}}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{5}})
		expire(f, 2)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		got, err := readFor(t, &refusing{Fake: f, refuse: isAtSequence, starts: "1", ending: "2"}, time.Hour, o)
		if err != nil || !slices.Equal(got, []string{"1", "2", "5"}) || m.Position("a") != "SHARD_END 2" {
			t.Errorf("got %q, %v, saved %q", got, err, m.Position("a"))
		}
	})
}

func TestFault13OlderRecordsForATrimmedNumberAreNotTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4}, Closed: true})
		f.Page = 2
		expire(f, 2)
		client := &refusing{Fake: f, refuse: func(in *service.GetShardIteratorInput) bool {
			if isAfter(in) {
				f.Find("a").Records = []int{4} // the others are no longer retained
				return true
			}
			return false
		}}
		got, err := readFor(t, client, time.Hour, bounded())
		var lost *NotRetainedError
		if !errors.As(err, &lost) || slices.Contains(got, "4") {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// If two times look the same in a message, it prints them with milliseconds, or not at all.
func TestFault13PrintsTheCreationTimesOfARecreatedStream(t *testing.T) {
	was := time.Date(2026, 11, 28, 7, 36, 33, 123456789, time.UTC)
	const again = "stream orders was deleted and created again"
	for is, want := range map[time.Time]string{
		was.Add(time.Hour):              again + " at 2026-11-28T08:36:33Z (the checkpoint's stream was created at 2026-11-28T07:36:33Z)",
		was.Add(300 * time.Millisecond): again + " at 2026-11-28T07:36:33.423Z (the checkpoint's stream was created at 2026-11-28T07:36:33.123Z)",
		was.Add(time.Microsecond):       again,
	} {
		var changed *CheckpointError
		if err := Recreated("orders", was, is); !errors.As(err, &changed) || changed.Reason != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

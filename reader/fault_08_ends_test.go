package reader

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/service"
)

// TestFault08RejectsAnEndThatListShardsContradicts is about an answer that ends an open shard and
// names a child that no listing shows.
func TestFault08RejectsAnEndThatListShardsContradicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 6)})
		f.Page = 3
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		client := &spoiled{Fake: f, call: "GetRecords", left: 2, spoil: func(out any) {
			page := out.(*service.GetRecordsOutput)
			page.NextShardIterator = ""
			page.ChildShards = []types.ChildShard{{ShardId: aws.String("x"), ParentShards: []string{"a"}}}
		}}
		got, err := readFor(t, client, time.Hour, o)
		if err != nil {
			t.Fatal(err)
		}
		once(t, got, numbers(1, 6))
		if at := m.Position("a"); at != "AFTER_SEQUENCE_NUMBER 6" {
			t.Errorf("saved %q", at)
		}
		if _, saved := m.File.Streams[0].Shards["x"]; saved {
			t.Error("a child was saved that no listing shows")
		}
	})
}

func numbersOf(first, last int) []int {
	var n []int
	for i := first; i <= last; i++ {
		n = append(n, i)
	}
	return n
}

// lagging answers a few ListShards calls with the first listing.
type lagging struct {
	*kinesistest.Fake
	left, calls int
}

func (l *lagging) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	out, err := l.Fake.ListShards(ctx, in)
	if l.calls++; err == nil && l.calls <= l.left {
		out.Shards = out.Shards[:1]
		out.Shards[0].SequenceNumberRange.EndingSequenceNumber = nil
	}
	return out, err
}

func TestFault08AcceptsAnEndOnceTheListingShowsIt(t *testing.T) {
	for _, lag := range []int{0, 1, 4} { // the first listing is the one at the start
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 4), Closed: true, Children: []string{"b"}}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{5, 6}})
			f.Page = 2
			client := &lagging{Fake: f, left: lag}
			o, m := bounded(), kinesistest.NewMemory()
			o.Positions, o.ShardFetchInterval = m, time.Hour
			got, err := readFor(t, client, time.Hour, o)
			if err != nil {
				t.Fatal(err)
			}
			once(t, got, numbers(1, 6))
			ordered(t, got, numbers(1, 6)...)
			if at := []string{m.Position("a"), m.Position("b")}; !slices.Equal(at, []string{"SHARD_END 4", "AFTER_SEQUENCE_NUMBER 6"}) {
				t.Errorf("saved %q", at)
			}
			if client.calls != lag+1 { // no call if a listing has shown the child
				t.Errorf("%d listings, want %d", client.calls, lag+1)
			}
		})
	}
}

// TestFault08RejectsAnEndWithMillisBehindLatest is about answers that end a closed shard although
// it has more records.
func TestFault08RejectsAnEndWithMillisBehindLatest(t *testing.T) {
	for name, children := range map[string][]types.ChildShard{
		"with its child":              {{ShardId: aws.String("b"), ParentShards: []string{"a"}}},
		"with a child without parent": {{ShardId: aws.String("b")}},
		"without children":            nil,
	} {
		for left := 1; left <= 2; left++ {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 6), Closed: true, Children: []string{"b"}}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{7}})
				f.Page = 2
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions = m
				client := &spoiled{Fake: f, call: "GetRecords", left: left, spoil: func(out any) {
					page := out.(*service.GetRecordsOutput)
					page.NextShardIterator, page.ChildShards = "", children
				}}
				got, err := readFor(t, client, time.Hour, o)
				if err != nil || !slices.Equal(got, numbers(1, 7)) {
					t.Errorf("%s, %d times: got %q, %v", name, left, got, err)
				}
				if at := m.Position("a"); at != "SHARD_END 6" {
					t.Errorf("saved %q", at)
				}
			})
		}
	}
}

// TestFault08AcceptsRepeatedEndsWithAStaleMillisBehindLatest is about a server whose ends have a
// MillisBehindLatest above 0.
func TestFault08AcceptsRepeatedEndsWithAStaleMillisBehindLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 3), Closed: true}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{4}})
		client := &spoiled{Fake: f, call: "GetRecords", left: 1 << 30, spoil: func(out any) {
			if page := out.(*service.GetRecordsOutput); page.NextShardIterator == "" {
				page.MillisBehindLatest = aws.Int64(5000)
			}
		}}
		o := bounded()
		var messages []string
		o.Info = func(m string) { messages = append(messages, m) }
		got, err := readFor(t, client, time.Hour, o)
		if err != nil || !slices.Equal(got, numbers(1, 4)) {
			t.Errorf("got %q, %v", got, err)
		}
		if took := time.Since(f.Began); took > 10*time.Second {
			t.Errorf("ended after %s", took)
		}
		if want := []string{"orders/a: the service reported the end of the shard 3 times in a row with MillisBehindLatest 5000: kin accepts it, because ListShards shows the shard as closed"}; !slices.Equal(messages, want) {
			t.Errorf("messages %q", messages)
		}
	})
}

package writer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"
)

// slowPages is a stream whose list of shards has a page for each, which takes a while;
// the last one hangs, if it is to. Describing the stream may take a while too.
type slowPages struct {
	*memoryStream
	takes, describing time.Duration
	hangs             bool
}

func newSlowPages(pages int, takes time.Duration) *slowPages {
	s := &slowPages{memoryStream: &memoryStream{}, takes: takes}
	for i := range pages {
		s.shards = append(s.shards, fmt.Sprintf("shardId-%012d", i))
	}
	return s
}

func (s *slowPages) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	if err := service.Sleep(ctx, s.describing); err != nil {
		return nil, err
	}
	return s.memoryStream.DescribeStreamSummary(ctx, in)
}

func (s *slowPages) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	page := 0
	_, _ = fmt.Sscan(in.NextToken, &page)
	takes := s.takes
	if s.hangs && page == len(s.shards)-1 {
		takes = time.Hour
	}
	if err := service.Sleep(ctx, takes); err != nil {
		return nil, err
	}
	out := &service.ListShardsOutput{Shards: listed(s.shards).Shards[page : page+1]}
	if page+1 < len(s.shards) {
		out.NextToken = fmt.Sprint(page + 1)
	}
	return out, nil
}

// listers are the ways to list the shards of a stream at the start.
var listers = map[string]func(context.Context, *slowPages, func(string)) error{
	"run": func(ctx context.Context, s *slowPages, info func(string)) error {
		o := options()
		o.Info = info
		w, err := New(s, o)
		if err == nil {
			_, err = w.Run(ctx, numbered(3))
		}
		if err == nil && len(w.running.queue.Shards()) != len(s.shards) {
			err = fmt.Errorf("%d shards are known", len(w.running.queue.Shards()))
		}
		return err
	},
	"hash key of a shard": func(ctx context.Context, s *slowPages, info func(string)) error {
		_, err := HashKeyOf(ctx, s, "orders", s.shards[len(s.shards)-1], info)
		return err
	},
}

// The time of a list counts from the last page that brought something new: a slow one is
// read to its end, without a message that nothing answers, and one that hangs ends.
func TestFault14ASlowListOfShardsIsReadToItsEnd(t *testing.T) {
	const pages = 14
	for what, list := range listers {
		for _, hangs := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, hangs %v", what, hangs), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSlowPages(pages, 3*time.Second)
					s.hangs = hangs
					var said []string
					began := time.Now()
					err := list(t.Context(), s, func(m string) { said = append(said, m) })
					took := time.Since(began)
					var gaveUp *GaveUpError
					switch {
					case !hangs && (err != nil || len(said) > 0 || took < pages*3*time.Second):
						t.Errorf("after %s %v, said %q", took, err, said)
					case hangs && (!errors.As(err, &gaveUp) || !strings.HasPrefix(err.Error(), "gave up after 30s: ListShards for stream orders: ") ||
						took != (pages-1)*3*time.Second+service.StartTimeout):
						t.Errorf("after %s %v, said %q", took, err, said)
					case hangs && (len(said) != 1 || said[0] != "still trying: ListShards for stream orders: no answer from the service for 5s"):
						t.Errorf("said %q", said)
					}
				})
			})
		}
	}
}

// The calls of a start share its time; each is reported for itself.
func TestFault14TheCallsOfAStartShareItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowPages(1, 0)
		s.describing, s.hangs = 8*time.Second, true
		var said []string
		o := options()
		o.Info = func(m string) { said = append(said, m) }
		w := newWriter(t, s, o)
		began := time.Now()
		_, err := w.Run(t.Context(), numbered(3))
		const want = "gave up after 30s: ListShards for stream orders: no answer in time"
		if took := time.Since(began); err == nil || err.Error() != want || took != service.StartTimeout {
			t.Errorf("after %s %v", took, err)
		}
		equal(t, "messages", said, []string{
			"still trying: DescribeStreamSummary for stream orders: no answer from the service for 5s",
			"connected again after 8s",
			"still trying: ListShards for stream orders: no answer from the service for 5s",
		})
		if last := w.Failing(); last == nil || !strings.HasPrefix(last.Error(), "ListShards for stream orders: ") {
			t.Errorf("failing: %v", last)
		}
	})
}

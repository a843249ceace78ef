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

// slowPages is a stream whose list has one shard per page. Each page takes a while; with
// hangs set, the last one hangs. Describing the stream can take a while too.
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

// listers are the callers that list shards at the start.
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

// The timeout of a list begins anew with each page that has new shards. A slow list is read
// completely and without a message. A list that hangs fails.
func TestFault14ReadsASlowShardListCompletely(t *testing.T) {
	const pages = 14
	for what, list := range listers {
		for _, hangs := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, hangs %v", what, hangs), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSlowPages(pages, 3*time.Second)
					s.hangs = hangs
					var messages []string
					began := time.Now()
					err := list(t.Context(), s, func(m string) { messages = append(messages, m) })
					took := time.Since(began)
					var gaveUp *GaveUpError
					switch {
					case !hangs && (err != nil || len(messages) > 0 || took < pages*3*time.Second):
						t.Errorf("after %s %v, messages %q", took, err, messages)
					case hangs && (!errors.As(err, &gaveUp) || !strings.HasPrefix(err.Error(), "gave up after 30s: ListShards for stream orders: ") ||
						took != (pages-1)*3*time.Second+service.StartTimeout):
						t.Errorf("after %s %v, messages %q", took, err, messages)
					case hangs && (len(messages) != 1 || messages[0] != "still trying: ListShards for stream orders: no answer from the service for 5s"):
						t.Errorf("messages %q", messages)
					}
				})
			})
		}
	}
}

// The calls of a start share one timeout. Each has its own messages.
func TestFault14CallsAtTheStartShareOneTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowPages(1, 0)
		s.describing, s.hangs = 8*time.Second, true
		var messages []string
		o := options()
		o.Info = func(m string) { messages = append(messages, m) }
		w := newWriter(t, s, o)
		began := time.Now()
		_, err := w.Run(t.Context(), numbered(3))
		const want = "gave up after 30s: ListShards for stream orders: no answer in time"
		if took := time.Since(began); err == nil || err.Error() != want || took != service.StartTimeout {
			t.Errorf("after %s %v", took, err)
		}
		equal(t, "messages", messages, []string{
			"still trying: DescribeStreamSummary for stream orders: no answer from the service for 5s",
			"connected again after 8s",
			"still trying: ListShards for stream orders: no answer from the service for 5s",
		})
		if last := w.Failing(); last == nil || !strings.HasPrefix(last.Error(), "ListShards for stream orders: ") {
			t.Errorf("failing: %v", last)
		}
	})
}

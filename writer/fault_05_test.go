package writer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// pagedService is a stream with a paged list of shards. tokens returns the page tokens of
// the nth list, from 1; "" ends the list. A page whose token begins with "empty" has no
// shards. The other pages have all of them.
type pagedService struct {
	*memoryStream
	tokens func(list int) []string

	list, page, calls int
}

func (p *pagedService) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	p.calls++
	if in.NextToken == "" {
		p.list, p.page = p.list+1, 0
	}
	tokens := p.tokens(p.list)
	token := tokens[min(p.page, len(tokens)-1)]
	p.page++
	if strings.HasPrefix(token, "empty") {
		return &service.ListShardsOutput{Shards: []types.Shard{}, NextToken: token}, nil
	}
	out, err := p.memoryStream.ListShards(ctx, in)
	if token != "" {
		out.NextToken = token
	}
	return out, err
}

func emptyPages(n int, then ...string) []string {
	var tokens []string
	for i := range n {
		tokens = append(tokens, fmt.Sprint("empty ", i))
	}
	return append(tokens, then...)
}

func TestFault05EndlessShardListIsRetriedThenFails(t *testing.T) {
	for name, tt := range map[string]struct {
		first, later []string
		want         string
	}{
		"A, A":                   {[]string{"A", "A"}, []string{"A", "A"}, "ListShards for stream orders: the answer repeats a page token"},
		"A, B, A":                {[]string{"A", "B", "A"}, []string{"A", "B", "A"}, "the answer repeats a page token"},
		"100 empty pages":        {emptyPages(200), emptyPages(200), "100 pages in a row brought nothing new"},
		"99 empty pages":         {emptyPages(99, ""), emptyPages(99, ""), ""},
		"endless, then complete": {[]string{"A", "A"}, []string{"A", ""}, ""},
	} {
		for what, call := range map[string]func(context.Context, *pagedService) error{
			"start of a run": func(ctx context.Context, p *pagedService) error {
				w, err := New(p, options())
				if err == nil {
					_, err = w.Run(ctx, numbered(3))
				}
				if err == nil && len(p.stored) != 3 {
					err = errors.New("not written")
				}
				return err
			},
			"hash key of a shard": func(ctx context.Context, p *pagedService) error {
				key, err := HashKeyOf(ctx, p, "orders", p.shards[1], discard)
				if err == nil && key != "85070591730234615865843651857942052864" {
					err = errors.New("it begins at " + key)
				}
				return err
			},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &pagedService{memoryStream: &memoryStream{shards: fourShards()}, tokens: func(list int) []string {
						if list == 1 {
							return tt.first
						}
						return tt.later
					}}
					began := time.Now()
					err := call(t.Context(), p)
					var exhausted *GaveUpError
					switch {
					case tt.want == "" && err != nil:
						t.Errorf("got %v", err)
					case tt.want != "" && (!errors.As(err, &exhausted) || !strings.Contains(err.Error(), tt.want) || time.Since(began) != service.StartTimeout):
						t.Errorf("got %v after %s, want that it gave up: %s", err, time.Since(began), tt.want)
					}
					if p.list > 20 {
						t.Errorf("%d lists in half a minute", p.list)
					}
				})
			})
		}
	}
}

// A run continues while listing the shards fails, and uses the list once it works again.
func TestFault05RunContinuesDuringEndlessShardList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()[:2]}
		p := &pagedService{memoryStream: s}
		began := time.Now()
		p.tokens = func(list int) []string {
			if list > 1 && time.Since(began) < 2*time.Minute {
				return []string{"A", "A"}
			}
			return []string{""}
		}
		w := newWriter(t, p, options())
		got, err := w.Run(t.Context(), source(func(i int) (Record, error) {
			switch {
			case i > 600:
				return Record{}, io.EOF
			case i == 60:
				s.mu.Lock()
				s.shards = fourShards()
				s.mu.Unlock()
			}
			time.Sleep(time.Second)
			return recordInShard(i%4, 4, fmt.Sprint(i)), nil
		}))
		if err != nil || got.Written != 600 {
			t.Errorf("got %+v, %v", got, err)
		}
		if n := len(w.running.queue.Shards()); n != 4 || p.list < 3 || p.list > 30 {
			t.Errorf("%d shards are known after %d lists, want 4 after 3 to 30", n, p.list)
		}
	})
}

package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/service"
)

// pagedFake is a fake with several pages in each listing. tokens returns the token after each page
// of the nth listing, from 1; "" is the last page. A page whose token begins with "empty" is empty,
// and the others have all shards.
type pagedFake struct {
	*kinesistest.Fake
	tokens func(list int) []string

	list, page int
}

func (p *pagedFake) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	out, err := p.Fake.ListShards(ctx, in)
	if err != nil {
		return nil, err
	}
	if in.NextToken == "" {
		p.list, p.page = p.list+1, 0
	}
	tokens := p.tokens(p.list)
	token := tokens[min(p.page, len(tokens)-1)]
	if p.page++; token != "" {
		out.NextToken = token
	}
	if strings.HasPrefix(token, "empty") {
		out.Shards = []types.Shard{}
	}
	return out, nil
}

func emptyPages(n int, then ...string) []string {
	var tokens []string
	for i := range n {
		tokens = append(tokens, fmt.Sprint("empty ", i))
	}
	return append(tokens, then...)
}

func TestFault05RetriesAnEndlessListingThenFails(t *testing.T) {
	for name, tt := range map[string]struct {
		first, later []string
		want         string
	}{
		"A, A":                                {[]string{"A", "A"}, []string{"A", "A"}, "ListShards for stream orders: the answer repeats a page token"},
		"A, B, A":                             {[]string{"A", "B", "A"}, []string{"A", "B", "A"}, "the answer repeats a page token"},
		"the same shards in every page":       {nil, nil, "100 pages in a row brought nothing new"},
		"100 empty pages":                     {emptyPages(200), emptyPages(200), "100 pages in a row brought nothing new"},
		"99 empty pages":                      {emptyPages(99, ""), emptyPages(99, ""), ""},
		"endless, and the next listing works": {[]string{"A", "A"}, []string{"A", ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &pagedFake{Fake: kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})}
				p.tokens = func(list int) []string {
					switch {
					case tt.first == nil:
						return []string{fmt.Sprint("page ", p.page)}
					case list == 1:
						return tt.first
					}
					return tt.later
				}
				began := time.Now()
				batches, err := collectRun(t.Context(), t, p, bounded())
				var exhausted *GaveUpError
				switch {
				case tt.want == "" && (err != nil || !slices.Equal(batches, []string{"1"})):
					t.Errorf("got %q, %v", batches, err)
				case tt.want != "" && (!errors.As(err, &exhausted) || !strings.Contains(err.Error(), tt.want) || time.Since(began) < startTimeout):
					t.Errorf("got %v after %s, want that it gave up: %s", err, time.Since(began), tt.want)
				}
				if calls := len(p.Times("ListShards", "")); calls > 40 {
					t.Errorf("%d lists in half a minute", calls)
				}
			})
		})
	}
}

// A run continues while ListShards fails, and finds the new shards when it works again.
func TestFault05RunSurvivesAnEndlessListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pagedFake{Fake: kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})}
		began := time.Now()
		p.tokens = func(int) []string {
			if bad := time.Since(began) > time.Second && time.Since(began) < 2*time.Minute; bad {
				return []string{"A", "B", "A"}
			}
			return []string{""}
		}
		go func() {
			time.Sleep(time.Minute)
			p.Change(func() {
				p.Shards[0].Records = append(p.Shards[0].Records, 2)
				p.Shards = append(p.Shards, &kinesistest.Shard{ID: "b", Records: []int{3}})
			})
		}()
		o := testOptions()
		o.Limit = 3
		var messages []string
		o.Info = func(s string) { messages = append(messages, s) }
		batches, err := collectRun(t.Context(), t, p, o)
		if want := []string{"1", "2", "3"}; err != nil || !slices.Equal(batches, want) {
			t.Errorf("got %q, %v, want %q", batches, err, want)
		}
		if text := strings.Join(messages, "\n"); !strings.Contains(text, "ListShards for stream orders: the answer repeats a page token") {
			t.Errorf("messages %q", text)
		}
	})
}

package efo

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// pagesOf is a client of a registry with scripted lists. Each list has a page for each token; "" is
// the last page. The last list repeats.
type pagesOf struct {
	*fakeRegistry
	lists [][]string
	calls int
	at    int
}

func (p *pagesOf) ListStreamConsumers(_ context.Context, in *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	p.calls++
	if in.NextToken == "" {
		if p.at = 0; p.calls > 1 && len(p.lists) > 1 {
			p.lists = p.lists[1:]
		}
	}
	token := p.lists[0][min(p.at, len(p.lists[0])-1)]
	p.at++
	out := &service.ListStreamConsumersOutput{Consumers: []types.Consumer{}, NextToken: token}
	if !strings.HasPrefix(token, "empty") {
		out.Consumers = []types.Consumer{{ConsumerName: aws.String("c" + strconv.Itoa(p.at)), ConsumerARN: aws.String(testStream)}}
	}
	return out, nil
}

// emptyPages returns n tokens of pages without consumers.
func emptyPages(n int) []string {
	var tokens []string
	for i := range n {
		tokens = append(tokens, "empty "+strconv.Itoa(i))
	}
	return tokens
}

func TestFault05EndlessListIsRetriedAndThenFails(t *testing.T) {
	for name, tt := range map[string]struct {
		lists     [][]string
		consumers int
		want      string
	}{
		"A, A":                      {[][]string{{"A", "A"}}, 0, "ListStreamConsumers for stream orders: the answer repeats a page token"},
		"A, B, A":                   {[][]string{{"A", "B", "A"}}, 0, "repeats a page token"},
		"100 empty pages":           {[][]string{emptyPages(1000)}, 0, "100 pages in a row brought nothing new"},
		"99 empty pages, then one":  {[][]string{append(emptyPages(99), "")}, 1, ""},
		"bad, and the next is good": {[][]string{{"A", "A"}, {"A", "B", ""}}, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &pagesOf{fakeRegistry: newFake(), lists: tt.lists}
				r, err := NewRegistry(p, RegistryOptions{Stream: "orders", StreamARN: testStream})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				l, err := r.List(t.Context())
				var exhausted *service.GaveUpError
				switch {
				case tt.want == "" && (err != nil || len(l.Consumers) != tt.consumers):
					t.Errorf("got %d consumers, %v, want %d", len(l.Consumers), err, tt.consumers)
				case tt.want != "" && (!errors.As(err, &exhausted) || !strings.Contains(err.Error(), tt.want) || time.Since(began) != service.StartTimeout):
					t.Errorf("got %v after %s, want that it gave up: %s", err, time.Since(began), tt.want)
				}
				if p.calls > 2500 {
					t.Errorf("%d calls in half a minute", p.calls)
				}
			})
		})
	}
}

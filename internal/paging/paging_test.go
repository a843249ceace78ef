package paging

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// page is a page of a listing: its next token and the number of its new items.
type page struct {
	token string
	items int
}

// empties returns n pages without items. Their tokens differ.
func empties(from, n int) []page {
	var list []page
	for i := range n {
		list = append(list, page{fmt.Sprint("token ", from+i), 0})
	}
	return list
}

func pages(parts ...[]page) []page {
	var all []page
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// A listing that grows by one item per page fails, unless one item per page was requested.
func TestFault05ListingThatGrowsSlowlyFails(t *testing.T) {
	for _, c := range []struct {
		size, items int
		fails       bool
	}{{0, 1, true}, {100, 1, true}, {1, 1, false}, {0, 2, false}, {0, 100, false}} {
		g := Guard{PageSize: c.size}
		var err error
		pages := 0
		for ; err == nil && pages < 5000; pages++ {
			err = g.Next(fmt.Sprint(pages), c.items)
		}
		if IsEndless(err) != c.fails || c.fails && (pages != minPagesForRate || err.Error() != "1000 pages had only 1000 items, so the list would never end") {
			t.Errorf("page size %d, %d items per page: got %v after %d pages", c.size, c.items, err, pages)
		}
	}
}

func TestFault05EndlessListingsFail(t *testing.T) {
	const repeats, nothing = "repeats a page token", "brought nothing new"
	for _, tt := range []struct {
		name  string
		pages []page
		want  string // the reason; empty when the listing passes
		at    int    // the page that fails, from 1
	}{
		{"one page", []page{{"", 5}}, "", 0},
		{"three pages", []page{{"A", 5}, {"B", 5}, {"", 5}}, "", 0},
		{"A, A", []page{{"A", 5}, {"A", 5}}, repeats, 2},
		{"A, B, A", []page{{"A", 5}, {"B", 5}, {"A", 5}}, repeats, 3},
		{"a repeated token after 50 pages", pages([]page{{"A", 1}}, empties(0, 50), []page{{"A", 1}}), repeats, 52},
		{"99 empty pages, then items", pages(empties(0, 99), []page{{"", 5}}), "", 0},
		{"99 empty pages, items, and 99 more", pages(empties(0, 99), []page{{"A", 1}}, empties(200, 99), []page{{"", 0}}), "", 0},
		{"the 100th is the last", pages(empties(0, 99), []page{{"", 0}}), "", 0},
		{"100 empty pages", pages(empties(0, 100), []page{{"", 5}}), nothing, 100},
		{"items, then 100 empty pages", pages([]page{{"A", 7}}, empties(0, 100)), nothing, 101},
		{"every second page is empty", pages(empties(0, 60), []page{{"A", 1}}, empties(100, 60), []page{{"", 1}}), "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var g Guard
			for i, p := range tt.pages {
				err := g.Next(p.token, p.items)
				if (err != nil) != (tt.at == i+1) || err != nil && (!strings.Contains(err.Error(), tt.want) || !IsEndless(fmt.Errorf("list: %w", err))) {
					t.Fatalf("page %d: got %v, want %q at page %d", i+1, err, tt.want, tt.at)
				}
				if err != nil {
					return
				}
			}
		})
	}
	if IsEndless(nil) || IsEndless(errors.Join(io.EOF)) {
		t.Error("other errors count as endless listings")
	}
}

// Tokens may have up to one mebibyte (API documentation).
func TestFault05DoesNotStoreLargeTokens(t *testing.T) {
	var g Guard
	token := strings.Repeat("x", 1<<20)
	if err := g.Next(token, 1); err != nil {
		t.Fatal(err)
	}
	if kept := len(fmt.Sprint(g)); kept > 1000 {
		t.Errorf("a guard that has seen a token of a mebibyte is %d characters long", kept)
	}
	if err := g.Next(token, 1); !IsEndless(err) {
		t.Errorf("got %v, want an error for the repeated token", err)
	}
}

// Whatever the server answers, the Guard fails exactly if a token repeats.
func FuzzFault05Guard(f *testing.F) {
	f.Add([]byte("abcabc"))
	f.Add([]byte{0, 1, 2, 3, 2})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var g Guard
		seen := map[byte]bool{}
		for i, b := range steps {
			token := ""
			if b>>1 > 0 {
				token = fmt.Sprint(b >> 1)
			}
			err := g.Next(token, int(b&1))
			if twice := token != "" && seen[b>>1]; twice != (err != nil) {
				t.Fatalf("step %d of %v: got %v", i, steps, err)
			}
			if err != nil || token == "" {
				return
			}
			seen[b>>1] = true
		}
	})
}

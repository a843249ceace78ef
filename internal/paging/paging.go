// Package paging ends listings that would go on for ever: a server that repeats
// a page token, or that answers page after page with nothing new.
package paging

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// mostEmpty pages in a row with nothing new end a listing.
const mostEmpty = 100

// mostPages end it whatever they bring: ten times what a stream of 10,000 shards has, one
// to a page.
const mostPages = 100_000

// After slowPages a listing has to have two items a page on the average: pages of the
// service hold 100 or more, and a listing that grows by one item with each page never
// ends.
const slowPages = 1000

// Guard watches the pages of one listing. The zero Guard is ready. It keeps a
// hash of each token, so its memory follows the number of pages and not the
// length of tokens. It is not safe for concurrent use.
type Guard struct {
	// PageSize is how many items were asked for; 0 leaves it to the service.
	PageSize int

	seen  map[[16]byte]struct{}
	items int // of all pages
	empty int // pages in a row
}

// Next notes a page and the token of the page behind it; for listings that go on
// behind a name, the name. An empty token means that there is no such page.
// items is how many items the page had that no page before it had. Next returns
// an *Error when the listing would never end: when the token came before in this
// listing, when 100 pages in a row had no new items, when 1,000 pages had fewer than two new
// items each, or after 100,000 pages. The listing has failed
// then. A caller that retries it begins with the first page and a new Guard.
func (g *Guard) Next(token string, items int) error {
	if token == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(token))
	key := [16]byte(sum[:16])
	if _, twice := g.seen[key]; twice {
		return &Error{"the answer repeats a page token"}
	}
	if g.seen == nil {
		g.seen = map[[16]byte]struct{}{}
	}
	g.seen[key] = struct{}{}
	if len(g.seen) >= mostPages {
		return &Error{fmt.Sprintf("%d pages were not all of it", mostPages)}
	}
	g.items += items
	if len(g.seen) >= slowPages && g.items < 2*len(g.seen) && g.PageSize != 1 {
		return &Error{fmt.Sprintf("%d pages had %d items", len(g.seen), g.items)}
	}
	if g.empty++; items > 0 {
		g.empty = 0
	}
	if g.empty >= mostEmpty {
		return &Error{fmt.Sprintf("%d pages in a row brought nothing new", mostEmpty)}
	}
	return nil
}

// Error means that a listing would never end. The same listing may pass later.
type Error struct{ Reason string }

func (e *Error) Error() string { return e.Reason + ", so the list would never end" }

// IsEndless says whether err is, or wraps, an *Error.
func IsEndless(err error) bool {
	var endless *Error
	return errors.As(err, &endless)
}

// Package paging detects listings that would never end: a server repeats a page token, or
// returns page after page with nothing new.
package paging

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// maxEmptyPages is the number of pages in a row without new items that ends a listing.
const maxEmptyPages = 100

// maxPages is the maximum number of pages of a listing. It is ten times the pages of a
// stream of 10,000 shards with one shard per page.
const maxPages = 100_000

// minPagesForRate is the number of pages from which on a listing needs two items per page on
// average. Pages of the service have 100 or more items. A listing that grows by one item
// per page never ends.
const minPagesForRate = 1000

// Guard checks the pages of one listing. The zero Guard is ready to use. It stores a hash
// of each token, so its memory depends on the number of pages, not on the length of tokens.
// It is not safe for concurrent use.
type Guard struct {
	// PageSize is the number of items requested per page; 0 means the service's default.
	PageSize int

	seen  map[[16]byte]struct{}
	items int // on all pages
	empty int // pages in a row without new items
}

// Next checks a page. token is the token of the next page, or the last name if a listing
// continues after a name. It is empty on the last page. items is the number of items that
// no earlier page had.
//
// Next returns an *Error if the listing would never end. That is the case if the token
// occurred before in this listing, or if 100 pages in a row had no new items. It is also
// the case if 1,000 pages or more had fewer than two new items on average, or after 100,000
// pages. The listing has then failed. To retry it, begin with the first page and a new
// Guard.
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
	if len(g.seen) >= maxPages {
		return &Error{fmt.Sprintf("%d pages are too many", maxPages)}
	}
	g.items += items
	if len(g.seen) >= minPagesForRate && g.items < 2*len(g.seen) && g.PageSize != 1 {
		return &Error{fmt.Sprintf("%d pages had only %d items", len(g.seen), g.items)}
	}
	if g.empty++; items > 0 {
		g.empty = 0
	}
	if g.empty >= maxEmptyPages {
		return &Error{fmt.Sprintf("%d pages in a row brought nothing new", maxEmptyPages)}
	}
	return nil
}

// Error means that a listing would never end. A retry of the listing may succeed.
type Error struct{ Reason string }

func (e *Error) Error() string { return e.Reason + ", so the list would never end" }

// IsEndless reports whether err is or wraps an *Error.
func IsEndless(err error) bool {
	var endless *Error
	return errors.As(err, &endless)
}

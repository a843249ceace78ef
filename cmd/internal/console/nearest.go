package console

import (
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the name that is most similar to the given one, ignoring case. It returns
// "" if none is close enough to be a typing error.
func Nearest(name string, names []string) string {
	best, bestDistance := "", len(name)/3+2
	for _, n := range names {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(n), nil); d < bestDistance {
			best, bestDistance = n, d
		}
	}
	return best
}

// NearestOfAll returns the known name that is most similar to the given one, however
// different it is. It returns "" if known is empty.
func NearestOfAll(name string, known []string) string {
	best, bestDistance := "", -1
	for _, n := range known {
		if d := levenshtein.Distance(name, n, nil); bestDistance < 0 || d < bestDistance {
			best, bestDistance = n, d
		}
	}
	return best
}

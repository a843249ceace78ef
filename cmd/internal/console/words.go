package console

import (
	"strings"

	"github.com/dustin/go-humanize"
)

// counted is n with its noun, which is regular.
func Counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return humanize.Comma(n) + " " + stem + "ies"
	}
	return humanize.Comma(n) + " " + noun + "s"
}

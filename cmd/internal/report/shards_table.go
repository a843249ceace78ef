package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"kin/internal/lineage"
	"kin/survey"
)

// besideTree is how wide the columns behind the tree are: two spaces and six
// letters of state, two and seven of the share, two and seven of where that
// begins, and two in front of the sequence numbers.
const (
	besideTree    = 2 + 6 + 2 + 7 + 2 + 7
	leastSequence = 9  // columns of a shortened sequence number
	mostSequence  = 56 // digits of a whole one
)

// ShardsTable is the tree of a stream's shards: a line each, as wide as the
// terminal where the tree is not deeper than that.
func ShardsTable(p Palette, width int, s *survey.Stream) string {
	branches := s.Tree()
	names := make([]string, len(branches))
	wide := len("SHARD")
	for i, b := range branches {
		names[i] = branchName(b, width-besideTree)
		if b.Elsewhere == "" {
			wide = max(wide, utf8.RuneCountInString(names[i]))
		}
	}
	sequence := min((width-wide-besideTree-2-1)/2, mostSequence)
	head := fmt.Sprintf("%-*s  %-6s  %7s  %7s", wide, "SHARD", "STATE", "SHARE", "FROM")
	if sequence >= leastSequence {
		head += "  SEQUENCE NUMBERS"
	}
	var t strings.Builder
	fmt.Fprintln(&t, p.Head.Render(head))
	for i, b := range branches {
		if b.Elsewhere != "" {
			fmt.Fprintf(&t, "%s  above, below %s\n", names[i], b.Elsewhere)
			continue
		}
		state := p.Good.Render("OPEN") + "  "
		if b.Shard.Closed {
			state = p.Passing.Render("CLOSED")
		}
		fmt.Fprintf(&t, "%s%s  %s  %7s  %7s", names[i], strings.Repeat(" ", wide-utf8.RuneCountInString(names[i])), state,
			percent(b.Shard.Hashes.Share()), percent(b.Shard.Hashes.Starting.Fraction()))
		if sequence >= leastSequence {
			t.WriteString("  " + sequenceText(b.Shard, sequence))
		}
		t.WriteByte('\n')
	}
	return t.String()
}

// sequenceText is the range of a shard's sequence numbers, each in the given
// columns; the one that an open shard has may have those of both.
func sequenceText(s *lineage.Shard, columns int) string {
	if !s.Closed {
		return shortened(s.First, 2*columns) + "-"
	}
	return shortened(s.First, columns) + "-" + shortened(s.Last, columns)
}

// branchName is a shard with what is drawn in front of it, which is cut where
// there is no room for it: the nearest generations stay.
func branchName(b survey.Branch, width int) string {
	name := b.Shard.ID
	if hasTwoParents(b.Shard) {
		name += "+"
	}
	stem := []rune(b.Stem)
	if most := max(width-len(name), 4); len(stem) > most {
		stem = append([]rune{'…'}, stem[len(stem)-most+1:]...)
	}
	return string(stem) + name
}

// shortened is a number of which the middle is left out, where it has more
// digits than there is room for.
func shortened(digits string, width int) string {
	if len(digits) <= width {
		return digits
	}
	back := width / 2
	return digits[:width-1-back] + "…" + digits[len(digits)-back:]
}

// percent is a share with two digits behind the point.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) + "%" }

// KeysTable is where partition keys lead. The keys come last: nobody knows how
// long they are.
func KeysTable(p Palette, found []survey.Key) string {
	wide, hash := len("SHARD"), len("HASH KEY")
	for _, k := range found {
		wide, hash = max(wide, len(k.Shard.ID)), max(hash, len(k.HashKey.String()))
	}
	var t strings.Builder
	fmt.Fprintln(&t, p.Head.Render(fmt.Sprintf("%-*s  %-6s  %*s  %s", wide, "SHARD", "STATE", hash, "HASH KEY", "KEY")))
	for _, k := range found {
		state := p.Good.Render("OPEN") + "  "
		if k.Shard.Closed {
			state = p.Passing.Render("CLOSED")
		}
		fmt.Fprintf(&t, "%-*s  %s  %*s  %s\n", wide, k.Shard.ID, state, hash, k.HashKey, Printable(k.PartitionKey))
	}
	return t.String()
}

// Printable is a partition key as a table shows it: as it is, or in quotes
// where a terminal would obey some of it.
func Printable(key string) string {
	for _, r := range key {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(key)
		}
	}
	return key
}

package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"kin/internal/lineage"
	"kin/survey"
)

// besideTree is the width of the columns between the tree and the sequence numbers: state,
// share and start of the share, with two spaces in front of each.
const (
	besideTree  = 2 + 6 + 2 + 7 + 2 + 7
	minSequence = 9  // columns of a shortened sequence number
	maxSequence = 56 // digits of a whole sequence number
)

// ShardsTable returns the tree of a stream's shards, one line for each shard. It uses the
// width of the terminal; a deeper tree is wider.
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
	sequence := min((width-wide-besideTree-2-1)/2, maxSequence)
	head := fmt.Sprintf("%-*s  %-6s  %7s  %7s", wide, "SHARD", "STATE", "SHARE", "FROM")
	if sequence >= minSequence {
		head += "  SEQUENCE NUMBERS"
	}
	var t strings.Builder
	fmt.Fprintln(&t, p.Head.Render(head))
	for i, b := range branches {
		if b.Elsewhere != "" {
			fmt.Fprintf(&t, "%s  shown above, as a child of %s\n", names[i], b.Elsewhere)
			continue
		}
		state := p.Good.Render("OPEN") + "  "
		if b.Shard.Closed {
			state = p.Passing.Render("CLOSED")
		}
		fmt.Fprintf(&t, "%s%s  %s  %7s  %7s", names[i], strings.Repeat(" ", wide-utf8.RuneCountInString(names[i])), state,
			percent(b.Shard.Hashes.Share()), percent(b.Shard.Hashes.Starting.Fraction()))
		if sequence >= minSequence {
			t.WriteString("  " + sequenceText(b.Shard, sequence))
		}
		t.WriteByte('\n')
	}
	return t.String()
}

// sequenceText returns the range of a shard's sequence numbers. Each number gets the given
// columns. The only number of an open shard may use the columns of both.
func sequenceText(s *lineage.Shard, columns int) string {
	if !s.Closed {
		return shortened(s.First, 2*columns) + "-"
	}
	return shortened(s.First, columns) + "-" + shortened(s.Last, columns)
}

// branchName returns a shard with the lines of the tree in front of it. If they do not fit,
// it keeps those of the nearest generations.
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

// shortened cuts out the middle of a number that is longer than width.
func shortened(digits string, width int) string {
	if len(digits) <= width {
		return digits
	}
	back := width / 2
	return digits[:width-1-back] + "…" + digits[len(digits)-back:]
}

// percent returns a share as a percentage with two decimals.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) + "%" }

// KeysTable returns a table of the shards of partition keys. The keys are in the last
// column, because their length is not limited.
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

// Printable returns a partition key for a table. A key with control characters is quoted,
// because a terminal would interpret them.
func Printable(key string) string {
	for _, r := range key {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(key)
		}
	}
	return key
}

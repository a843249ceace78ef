package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/charmbracelet/lipgloss"
	"github.com/dustin/go-humanize"

	"kin/survey"
)

// besideKeys is the width of all columns except the shard and the hottest keys: records,
// bytes and share of the limit, with two spaces around each.
const besideKeys = 2 + 9 + 2 + 9 + 2 + 7 + 2

// RatesTable returns a table of the sampled shards, the hottest first. Below each hot shard
// it shows where to split it.
func RatesTable(p Palette, width int, s *survey.Stream, rates map[string]survey.Rates) string {
	wide := len("SHARD")
	var ids []string
	for id := range rates {
		ids = append(ids, id)
		wide = max(wide, len(id))
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(rates[b].WriteLimitShare, rates[a].WriteLimitShare), strings.Compare(a, b))
	})
	var t strings.Builder
	fmt.Fprintln(&t, p.Head.Render(fmt.Sprintf("%-*s  %9s  %9s  %7s  %s", wide, "SHARD", "RECORDS/S", "BYTES/S", "LIMIT", "HOTTEST KEYS")))
	for _, id := range ids {
		r := rates[id]
		limit := fmt.Sprintf("%7s", percent(r.WriteLimitShare))
		if r.Hot {
			limit = p.Passing.Render(limit)
		}
		line := fmt.Sprintf("%-*s  %9s  %9s  %s  %s", wide, id, rateText(r.RecordsPerSecond), humanize.IBytes(uint64(r.BytesPerSecond)), limit, keysText(r.HotKeys, width-wide-besideKeys))
		fmt.Fprintln(&t, strings.TrimRight(line, " "))
		if r.Hot {
			fmt.Fprintf(&t, "└ %s\n", splitText(s, r))
		}
	}
	return t.String()
}

func rateText(perSecond float64) string {
	if perSecond >= 100 {
		return strconv.FormatFloat(perSecond, 'f', 0, 64)
	}
	return strconv.FormatFloat(perSecond, 'f', 1, 64)
}

// splitText describes where to split a hot shard, or why a split does not help.
func splitText(s *survey.Stream, r survey.Rates) string {
	switch {
	case r.SplitAt != nil:
		return "hot: split it at " + r.SplitAt.String()
	case s.Summary != nil && s.Summary.StreamModeDetails != nil && s.Summary.StreamModeDetails.StreamMode == types.StreamModeOnDemand:
		return "hot: the service splits the shards of an on-demand stream itself"
	case len(r.HotKeys) > 0:
		return "hot: no split divides its records evenly; the records of one key stay in one shard"
	}
	return "hot: no split divides its records evenly"
}

// maxKeyColumns is the maximum width of a key in the list of the hottest keys.
const maxKeyColumns = 16

// keysText returns as many keys, with their shares, as fit into width columns.
func keysText(keys []survey.HotKey, width int) string {
	text := ""
	for _, k := range keys {
		share := fmt.Sprintf(" %.0f%%", 100*k.Share)
		one := cutText(Printable(k.PartitionKey), min(maxKeyColumns, width-len(share))) + share
		if text != "" {
			one = text + ", " + one
		}
		if lipgloss.Width(one) > width {
			if text != "" && lipgloss.Width(text+", …") <= width {
				text += ", …"
			}
			break
		}
		text = one
	}
	return text
}

// cutText shortens a text to a number of columns, and marks where it was cut.
func cutText(s string, columns int) string {
	if lipgloss.Width(s) <= columns {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && lipgloss.Width(string(r)) > columns-1 {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

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

// besideKeys is how wide the columns in front of the hottest keys are, without
// the shard's: records, bytes and share of the limit, and two spaces each.
const besideKeys = 2 + 9 + 2 + 9 + 2 + 7 + 2

// RatesTable is the rates of the sampled shards: a line each, the hottest
// first, and below a hot one where to split it.
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

// splitText says where a hot shard is to be split, or why it is not.
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

// mostKeyColumns is how wide one key is shown when there are others.
const mostKeyColumns = 16

// keysText is as many of the keys, with their shares, as there is room for.
func keysText(keys []survey.HotKey, width int) string {
	text := ""
	for _, k := range keys {
		share := fmt.Sprintf(" %.0f%%", 100*k.Share)
		one := cutText(Printable(k.PartitionKey), min(mostKeyColumns, width-len(share))) + share
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

// cutText is the first columns of a text, with a mark where it was cut.
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

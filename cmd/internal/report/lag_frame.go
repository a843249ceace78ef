package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kin/inspect"
	"kin/internal/words"
)

// LagHistory has the last measurements of each shard. The maximum of a stream is under an
// empty shard ID. The zero value is empty.
type LagHistory struct {
	Last   inspect.LagReport // the latest measurement
	shards map[shardKey]*trend
}

type shardKey struct{ stream, shard string }

// trend has the lag of a shard at the last measurements, the latest last.
type trend struct {
	at     []time.Time
	behind []int64 // milliseconds
}

// trendLength is the maximum number of measurements in a trend. It is also the width of the
// column.
const trendLength = 16

// Add adds a measurement.
func (h *LagHistory) Add(measured inspect.LagReport) {
	if h.shards == nil {
		h.shards = map[shardKey]*trend{}
	}
	h.Last = measured
	for _, s := range measured.Streams {
		h.trend(shardKey{s.Stream, ""}).add(measured.Time, s.Lag.Max)
		for _, shard := range s.Shards {
			key := shardKey{s.Stream, shard.ShardID}
			if shard.State == inspect.Done {
				delete(h.shards, key)
			} else {
				h.trend(key).add(measured.Time, shard.MillisBehindLatest)
			}
		}
	}
}

func (h *LagHistory) trend(key shardKey) *trend {
	t := h.shards[key]
	if t == nil {
		t = &trend{}
		h.shards[key] = t
	}
	return t
}

func (t *trend) add(at time.Time, behind int64) {
	t.at, t.behind = append(t.at, at), append(t.behind, behind)
	if len(t.at) > trendLength {
		t.at, t.behind = t.at[1:], t.behind[1:]
	}
}

// line returns the trend as a sparkline, scaled from 0 to its maximum.
func (t *trend) line() string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	highest := max(1, slices.Max(t.behind))
	var b strings.Builder
	for _, n := range t.behind {
		b.WriteRune(blocks[n*int64(len(blocks)-1)/highest])
	}
	return b.String()
}

// forecastLength is the number of measurements from which caughtUp predicts.
const forecastLength = 6

// caughtUp predicts when the lag will be 0 if it continues to change as in the last
// measurements.
func (t *trend) caughtUp() string {
	n := len(t.at) - 1
	first := max(0, n+1-forecastLength)
	now := t.behind[n]
	passed := t.at[n].Sub(t.at[first])
	switch gained := t.behind[first] - now; {
	case now == 0:
		return "now"
	case passed <= 0:
		return "-" // there is only one measurement
	case gained < 0:
		return "falling behind"
	case gained == 0:
		return "unchanged"
	default:
		remaining := time.Duration(float64(now) / float64(gained) * float64(passed))
		return "in " + Brief(max(remaining.Round(time.Second), time.Second))
	}
}

// forecast returns caughtUp as a clause, or "" after the first measurement.
func (t *trend) forecast() string {
	switch text := t.caughtUp(); text {
	case "-":
		return ""
	case "now":
		return "caught up"
	case "falling behind", "unchanged":
		return text
	default:
		return "expected to catch up " + text
	}
}

// LagFrame returns the lines of a frame: at most height lines, each at most width columns
// wide. For each stream it has the three figures and the shards that are not done. If there
// are too many shards, it has those with the most lag, and the number of the others.
func LagFrame(p Palette, measured inspect.LagReport, h LagHistory, notes []string, width, height int) []string {
	var lines []string
	free := height - len(notes)
	for i, s := range measured.Streams {
		block := streamLines(measured, s, h, (free-len(lines))/(len(measured.Streams)-i))
		for j, line := range block {
			block[j] = cut(line, width)
		}
		block[headersLine] = p.Head.Render(block[headersLine])
		lines = append(lines, block...)
	}
	for _, note := range notes {
		lines = append(lines, cut("kin: "+note, width))
	}
	return lines[:min(len(lines), max(height, 1))]
}

// headersLine is the index of the headers among the lines of a stream.
const headersLine = 1

func streamLines(measured inspect.LagReport, s inspect.StreamReport, h LagHistory, free int) []string {
	head := fmt.Sprintf("%s %s: %s", measured.Time.UTC().Format(time.TimeOnly), s.Stream, figures(s.Lag))
	if t := h.shards[shardKey{s.Stream, ""}]; t != nil && s.Lag.Shards > 0 && t.forecast() != "" {
		head += "; " + t.forecast()
	}
	var live []inspect.ShardReport
	for _, shard := range s.Shards {
		if shard.State != inspect.Done {
			live = append(live, shard)
		}
	}
	shown, below := live, ""
	// Other lines: the head, the headers, an empty line, and the count of the others.
	if shownCount := max(1, free-4); len(live) > free-3 && len(live) > shownCount {
		// Shards are measured one after another, which alone makes their lags differ by less than a second.
		// Shards with the same lag in seconds keep their order between frames.
		nearer := func(shard inspect.ShardReport) int64 { return (s.Lag.Max - shard.MillisBehindLatest) / 1000 }
		slices.SortStableFunc(live, func(a, b inspect.ShardReport) int { return cmp.Compare(nearer(a), nearer(b)) })
		shown = live[:shownCount]
		worst := slices.MaxFunc(live[shownCount:], func(a, b inspect.ShardReport) int { return cmp.Compare(a.MillisBehindLatest, b.MillisBehindLatest) })
		below = fmt.Sprintf("%s not shown, at most %s behind", words.Count(int64(len(live)-shownCount), "shard"), Brief(Millis(worst.MillisBehindLatest)))
	}
	rows := [][]string{{"SHARD", "STATE", "BEHIND", "LAST_READ", fmt.Sprintf("%-*s", trendLength, "TREND"), "CAUGHT_UP"}}
	for _, shard := range shown {
		t := h.shards[shardKey{s.Stream, shard.ShardID}]
		rows = append(rows, []string{shard.ShardID, stateWord(shard.State), behindWord(shard), lastRead(measured, shard), t.line(), t.caughtUp()})
	}
	lines := append([]string{head}, strings.Split(strings.TrimSuffix(aligned(Palette{}, rows), "\n"), "\n")...)
	if below != "" {
		lines = append(lines, below)
	}
	return append(lines, "")
}

// cut shortens a line to a width.
func cut(line string, width int) string {
	runes := []rune(line)
	if len(runes) <= width {
		return line
	}
	return string(runes[:max(0, width-1)]) + "…"
}

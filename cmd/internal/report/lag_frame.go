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

// LagHistory is what the last looks saw of each shard, and of the stream's
// furthest, under an empty shard ID.
type LagHistory struct {
	Last   inspect.Look
	shards map[shardOf]*trend
}

type shardOf struct{ stream, shard string }

// trend is how far behind a shard was, look by look, the latest last.
type trend struct {
	at     []time.Time
	behind []int64 // milliseconds
}

// sparks is how many looks a trend holds: as many as it is wide.
const sparks = 16

// Add takes in one look.
func (h *LagHistory) Add(look inspect.Look) {
	if h.shards == nil {
		h.shards = map[shardOf]*trend{}
	}
	h.Last = look
	for _, s := range look.Streams {
		h.trend(shardOf{s.Stream, ""}).add(look.Time, s.Lag.Max)
		for _, shard := range s.Shards {
			key := shardOf{s.Stream, shard.ShardID}
			if shard.State == inspect.Done {
				delete(h.shards, key)
			} else {
				h.trend(key).add(look.Time, shard.MillisBehindLatest)
			}
		}
	}
}

func (h *LagHistory) trend(key shardOf) *trend {
	t := h.shards[key]
	if t == nil {
		t = &trend{}
		h.shards[key] = t
	}
	return t
}

func (t *trend) add(at time.Time, behind int64) {
	t.at, t.behind = append(t.at, at), append(t.behind, behind)
	if len(t.at) > sparks {
		t.at, t.behind = t.at[1:], t.behind[1:]
	}
}

// line is the trend as a sparkline, from nothing to its highest.
func (t *trend) line() string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	highest := max(1, slices.Max(t.behind))
	var b strings.Builder
	for _, n := range t.behind {
		b.WriteRune(blocks[n*int64(len(blocks)-1)/highest])
	}
	return b.String()
}

// lately is how many looks say how it goes on: what was before them is over.
const lately = 6

// caughtUp is when it will not be behind any more if it goes on as it did lately.
func (t *trend) caughtUp() string {
	n := len(t.at) - 1
	first := max(0, n+1-lately)
	now := t.behind[n]
	passed := t.at[n].Sub(t.at[first])
	switch gained := t.behind[first] - now; {
	case now == 0:
		return "now"
	case passed <= 0:
		return "-" // the first look
	case gained < 0:
		return "falls back"
	case gained == 0:
		return "stands"
	default:
		left := time.Duration(float64(now) / float64(gained) * float64(passed))
		return "in " + Brief(max(left.Round(time.Second), time.Second))
	}
}

// outlook is caughtUp in words, empty after the first look.
func (t *trend) outlook() string {
	switch text := t.caughtUp(); text {
	case "-":
		return ""
	case "now":
		return "it has caught up"
	case "falls back", "stands":
		return "it " + text
	default:
		return "caught up " + text
	}
}

// LagFrame are the lines of a frame, at most height of them and none wider
// than width: for each stream its figures, and the shards that are not done.
// Where there are more shards than lines, those that are furthest behind, and
// how many there are beside.
func LagFrame(p Palette, look inspect.Look, h LagHistory, notes []string, width, height int) []string {
	var lines []string
	free := height - len(notes)
	for i, s := range look.Streams {
		block := streamLines(look, s, h, (free-len(lines))/(len(look.Streams)-i))
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

// headersLine is where the headers stand among the lines of a stream.
const headersLine = 1

func streamLines(look inspect.Look, s inspect.StreamLook, h LagHistory, free int) []string {
	head := fmt.Sprintf("%s %s: %s", look.Time.UTC().Format(time.TimeOnly), s.Stream, figures(s.Lag))
	if t := h.shards[shardOf{s.Stream, ""}]; t != nil && s.Lag.Shards > 0 && t.outlook() != "" {
		head += "; " + t.outlook()
	}
	var live []inspect.ShardLook
	for _, shard := range s.Shards {
		if shard.State != inspect.Done {
			live = append(live, shard)
		}
	}
	shown, below := live, ""
	if most := max(1, free-4); len(live) > free-3 && len(live) > most { // the head, the headers, an empty line, and what is below
		// Shards are looked at one after another: those that are as far behind as the
		// furthest, but for that, stay in their order from frame to frame.
		nearer := func(shard inspect.ShardLook) int64 { return (s.Lag.Max - shard.MillisBehindLatest) / 1000 }
		slices.SortStableFunc(live, func(a, b inspect.ShardLook) int { return cmp.Compare(nearer(a), nearer(b)) })
		shown = live[:most]
		worst := slices.MaxFunc(live[most:], func(a, b inspect.ShardLook) int { return cmp.Compare(a.MillisBehindLatest, b.MillisBehindLatest) })
		below = fmt.Sprintf("and %s more, %s behind at most", words.Count(int64(len(live)-most), "shard"), Brief(Millis(worst.MillisBehindLatest)))
	}
	rows := [][]string{{"SHARD", "STATE", "BEHIND", "LAST_READ", fmt.Sprintf("%-*s", sparks, "TREND"), "CAUGHT_UP"}}
	for _, shard := range shown {
		t := h.shards[shardOf{s.Stream, shard.ShardID}]
		rows = append(rows, []string{shard.ShardID, stateWord(shard.State), behindWord(shard), lastRead(look, shard), t.line(), t.caughtUp()})
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

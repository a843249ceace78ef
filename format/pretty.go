package format

import (
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"
	"github.com/dustin/go-humanize"
	"github.com/muesli/termenv"

	"kin/internal/record"
)

// PrettyOptions are what NewPretty wants to know.
type PrettyOptions struct {
	Color      bool           // use colour
	ShowStream bool           // name the stream in each line: when several are read
	Location   *time.Location // the zone of times; nil means local
	// Now is when the run began: records that arrived on another day carry
	// their date. Zero gives the date to all.
	Now   time.Time
	Width int // columns of the terminal; 0 means 80
}

// Pretty prints records for eyes: time of arrival, shard in a colour of its
// own, partition key and payload on a line. It is not meant to be parsed.
//
// A JSON object or array that would take more than a few rows is laid out below
// the line, for the terminal's width, text is shown
// as it is, and other bytes as their size and the first of them in hex. No
// control character, and nothing else that would move the cursor or reorder
// the line, reaches the terminal: it is shown as the escape that a JSON line
// has for it.
type Pretty struct {
	showStream bool
	location   *time.Location
	today      string
	width      int

	time, key, escape, note  style
	name, text, number, word style
	shards                   [10]style
}

// style is what a terminal wants before and behind a piece of text.
type style struct{ on, off string }

// NewPretty prepares the styles.
func NewPretty(o PrettyOptions) *Pretty {
	p := &Pretty{showStream: o.ShowStream, location: o.Location, width: o.Width}
	if p.location == nil {
		p.location = time.Local
	}
	if p.width == 0 {
		p.width = 80
	}
	if !o.Now.IsZero() {
		p.today = o.Now.In(p.location).Format(time.DateOnly)
	}
	if !o.Color {
		return p
	}

	// The sixteen ANSI colours follow the user's theme, so they can be read on
	// light and on dark.
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.ANSI)
	prepare := func(s lipgloss.Style) style {
		on, off, _ := strings.Cut(s.Render("x"), "x") // no SGR sequence holds an x
		return style{on, off}
	}
	color := func(c string) lipgloss.Style { return renderer.NewStyle().Foreground(lipgloss.Color(c)) }
	p.time = prepare(renderer.NewStyle().Faint(true))
	p.key = prepare(renderer.NewStyle().Bold(true))
	p.escape = prepare(color("5").Reverse(true))
	p.note = prepare(renderer.NewStyle().Faint(true))
	p.name = prepare(color("4"))
	p.text = prepare(color("2"))
	p.number = prepare(color("6"))
	p.word = prepare(color("3"))
	for i, c := range []string{"2", "3", "4", "5", "6", "10", "9", "12", "13", "14"} {
		p.shards[i] = prepare(color(c))
	}
	return p
}

// Append appends r. It never fails.
func (p *Pretty) Append(dst []byte, r record.Record) ([]byte, error) {
	dst = append(dst, p.time.on...)
	start := len(dst)
	dst = p.appendTime(dst, r.ApproximateArrivalTimestamp)
	columns := len(dst) - start + 1
	dst = append(dst, p.time.off...)
	if p.showStream {
		dst = p.appendWord(append(dst, ' '), style{}, []byte(r.Stream))
		columns += 1 + utf8.RuneCountInString(r.Stream)
	}
	dst = p.appendWord(append(dst, ' '), p.shards[shardColor(r.ShardID)], []byte(r.ShardID))
	dst = p.appendWord(append(dst, ' '), p.key, []byte(r.PartitionKey))
	columns += 2 + utf8.RuneCountInString(r.ShardID) + utf8.RuneCountInString(r.PartitionKey)

	switch data := trimSpace(r.Data); {
	case isContainer(data) && validJSON(data):
		dst = p.appendJSON(dst, data, columns)
	case len(r.Data) == 0:
		dst = p.appendWord(append(dst, ' '), p.note, []byte("empty"))
	case utf8.Valid(r.Data):
		dst = p.appendVisible(append(dst, ' '), r.Data, "\n  ")
	default:
		dst = p.appendBinary(append(dst, ' '), r.Data)
	}
	return append(dst, '\n'), nil
}

func (p *Pretty) appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, "--:--:--.---"...)
	}
	start := len(dst)
	dst = t.In(p.location).AppendFormat(dst, "2006-01-02 15:04:05.000")
	if n := len(p.today); n > 0 && len(dst)-start > n && string(dst[start:start+n]) == p.today {
		copy(dst[start:], dst[start+n+1:])
		dst = dst[:len(dst)-n-1]
	}
	return dst
}

func (p *Pretty) appendWord(dst []byte, s style, word []byte) []byte {
	dst = append(dst, s.on...)
	dst = p.appendVisible(dst, word, "")
	return append(dst, s.off...)
}

// shardColor is the same for a shard in every run, and different for shards
// whose numbers follow one another.
func shardColor(shardID string) int {
	var h uint32
	for i := range len(shardID) {
		h = h*31 + uint32(shardID[i])
	}
	return int(h % uint32(len(Pretty{}.shards)))
}

// previewBytes of a binary payload are shown.
const previewBytes = 16

func (p *Pretty) appendBinary(dst, data []byte) []byte {
	dst = append(dst, p.note.on...)
	dst = append(dst, "binary, "...)
	dst = append(dst, humanize.Comma(int64(len(data)))...)
	if len(data) == 1 {
		dst = append(dst, " byte:"...)
	} else {
		dst = append(dst, " bytes:"...)
	}
	dst = append(dst, p.note.off...)
	for _, c := range data[:min(len(data), previewBytes)] {
		dst = append(dst, ' ', hexDigits[c>>4], hexDigits[c&15])
	}
	if len(data) > previewBytes {
		dst = append(dst, " …"...)
	}
	return dst
}

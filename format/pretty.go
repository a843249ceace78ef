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

// PrettyOptions configure NewPretty.
type PrettyOptions struct {
	Color      bool           // use colour
	ShowStream bool           // print the stream's name in each line, for several streams
	Location   *time.Location // time zone; nil means local
	// Now is when the run began. Records that arrived on another day are printed with their
	// date. If zero, all are.
	Now   time.Time
	Width int // columns of the terminal; 0 means 80
}

// Pretty prints records for people: the arrival time, the shard in its own colour, the
// partition key and the payload. The output is not meant to be parsed.
//
// A JSON object or array of more than a few rows is laid out below the line, for the width
// of the terminal. Text is printed as it is. Other bytes are printed as their size and a
// preview in hex.
//
// Control characters, and characters that move the cursor or reorder the line, never reach
// the terminal. They are printed as their JSON escapes.
type Pretty struct {
	showStream bool
	location   *time.Location
	today      string
	width      int

	time, key, escape, note  style
	name, text, number, word style
	shards                   [10]style
}

// style is the pair of escape sequences around a piece of text.
type style struct{ on, off string }

// NewPretty returns a Pretty with the given options.
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

	// The sixteen ANSI colours follow the user's theme, so they are readable on light and dark
	// backgrounds.
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.ANSI)
	prepare := func(s lipgloss.Style) style {
		on, off, _ := strings.Cut(s.Render("x"), "x") // no SGR sequence contains an x
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

// shardColor returns the same colour for a shard in every run. Shards with consecutive
// numbers get different colours.
func shardColor(shardID string) int {
	var h uint32
	for i := range len(shardID) {
		h = h*31 + uint32(shardID[i])
	}
	return int(h % uint32(len(Pretty{}.shards)))
}

// previewBytes is the number of bytes of a binary payload that are printed.
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

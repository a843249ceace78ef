package report

import (
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"kin/cmd/internal/console"
)

// Palette has the colours of a report. They are all plain if stdout is not coloured.
type Palette struct{ Head, Good, Passing, Bad lipgloss.Style }

// NewPalette returns the palette for stdout.
func NewPalette(c *console.Console) Palette {
	r := lipgloss.NewRenderer(c.Out)
	r.SetColorProfile(termenv.Ascii)
	if c.Colored(c.Out) {
		r.SetColorProfile(termenv.ANSI)
	}
	return Palette{
		Head:    r.NewStyle().Bold(true),
		Good:    r.NewStyle().Foreground(lipgloss.Color("2")),
		Passing: r.NewStyle().Foreground(lipgloss.Color("3")),
		Bad:     r.NewStyle().Foreground(lipgloss.Color("1")),
	}
}

// Status colours a status: ACTIVE is good, and any other status is temporary.
func (p Palette) Status(s string) string {
	if s == "ACTIVE" {
		return p.Good.Render(s)
	}
	return p.Passing.Render(s)
}

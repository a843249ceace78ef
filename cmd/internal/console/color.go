package console

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// ColorMode is the value of --color.
type ColorMode string

// The values of --color.
const (
	colorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

func (m *ColorMode) String() string { return string(*m) }

// Type names the value in the help.
func (m *ColorMode) Type() string { return "when" }

// Set takes what was typed. Its error says what is wanted.
func (m *ColorMode) Set(s string) error { return Choose(m, s, colorAuto, ColorAlways, ColorNever) }

// Colored says whether output to w is coloured: on a terminal, unless NO_COLOR
// or TERM=dumb is set; --color overrides all of that.
func (c *Console) Colored(w io.Writer) bool {
	switch c.Color {
	case ColorAlways:
		return true
	case ColorNever:
		return false
	}
	return IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// IsTerminal says whether w (or a reader) is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

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

// Type implements pflag.Value: it is the placeholder in the help.
func (m *ColorMode) Type() string { return "when" }

// Set implements pflag.Value.
func (m *ColorMode) Set(s string) error { return Choose(m, s, colorAuto, ColorAlways, ColorNever) }

// Colored reports whether output to w is coloured. --color always and never decide; auto
// means a terminal, unless NO_COLOR or TERM=dumb is set.
func (c *Console) Colored(w io.Writer) bool {
	switch c.Color {
	case ColorAlways:
		return true
	case ColorNever:
		return false
	}
	return IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// IsTerminal reports whether a reader or writer is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

package flags

import (
	"fmt"

	"github.com/spf13/pflag"

	"kin/internal/record"
)

// Bound is a time or an age up to which a run reads. The zero value is none.
type Bound record.Position

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Bound) Set(s string) error {
	p, err := record.ParsePosition(s)
	if err != nil || p.Kind != record.AtTimestamp && p.Kind != record.Ago {
		return fmt.Errorf("want a time such as 2026-11-22T10:00:00Z or an age such as 15m or 1d3h")
	}
	*v = Bound(p)
	return nil
}

func (v *Bound) String() string {
	if v.Kind == record.Latest {
		return ""
	}
	return record.Position(*v).String()
}

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Bound) Type() string { return "time" }

// StartingPosition is the position where reading begins. The zero value is latest.
type StartingPosition struct {
	record.Position
	Given bool // a flag or a setting set it
}

// Set implements pflag.Value. Its error lists the accepted values.
func (v *StartingPosition) Set(s string) error {
	p, err := record.ParsePosition(s)
	if err != nil {
		return err
	}
	v.Position, v.Given = p, true
	return nil
}

// Type implements pflag.Value: it is the placeholder in the help.
func (v *StartingPosition) Type() string { return "position" }

// AddPositionFlags adds --from and --initial-position, which set the same value.
func AddPositionFlags(f *pflag.FlagSet, p *StartingPosition) {
	g := GroupPosition.In(f)
	g.Var(p, "from", Help{
		Short: "start here; see kin help positions",
		Full:  "Where the run starts: " + record.PositionForms + ". It is short for --initial-position. kin ignores this flag for a stream that the checkpoint has.",
	})
	g.Var(p, "initial-position", Help{
		Short: "the Databricks name for --from",
		Full:  "Where the run starts: " + record.PositionForms + ".",
	})
}

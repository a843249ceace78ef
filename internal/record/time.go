package record

import (
	"encoding/json"
	"fmt"
	"time"
)

// Time is a time in the JSON format of kin's files.
type Time struct{ time.Time }

const timeFormat = "2006-01-02T15:04:05.000Z"

// MarshalJSON formats the time in RFC 3339, in UTC with milliseconds.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"` + timeFormat + `"`)), nil
}

// UnmarshalJSON parses RFC 3339.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("time %q: want RFC 3339", s)
	}
	if parsed = parsed.UTC(); parsed.Year() < 0 || parsed.Year() > 9999 {
		return fmt.Errorf("time %q: out of range", s)
	}
	t.Time = parsed
	return nil
}

// IsWritable reports whether the year fits RFC 3339.
func (t Time) IsWritable() bool {
	y := t.UTC().Year()
	return y >= 0 && y <= 9999
}

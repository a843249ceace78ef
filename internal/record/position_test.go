package record

import (
	"testing"
	"time"
)

func TestParsePosition(t *testing.T) {
	for text, want := range map[string]Position{
		"latest":                      {Kind: Latest},
		"LATEST":                      {Kind: Latest},
		"trim_horizon":                {Kind: TrimHorizon},
		"earliest":                    {Kind: TrimHorizon},
		"2026-11-22T10:00:00Z":        {Kind: AtTimestamp, Timestamp: Time{Time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}},
		"2026-11-22T10:00:00.5+02:00": {Kind: AtTimestamp, Timestamp: Time{Time: time.Date(2026, 11, 22, 8, 0, 0, 5e8, time.UTC)}},
		"15m":                         {Kind: Ago, Age: 15 * time.Minute},
		"1d3h":                        {Kind: Ago, Age: 27 * time.Hour},
		"shardId-000000000001:4959":   {Kind: AtSequenceNumber, ShardID: "shardId-000000000001", SequenceNumber: "4959"},
	} {
		if got, err := ParsePosition(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "15", "15x", "-15m", "now", "2026-11-22", "2026-11-22 10:00:00", "2026-13-01T00:00:00Z", "06/25/2020 10:23:45 PDT",
		"shardId-000000000001:", ":4959", "shardId-000000000001:49x", "000000000001:4959", "latest ",
	} {
		if got, err := ParsePosition(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}

// FuzzPosition checks that a printed position is parsed as the same position.
func FuzzPosition(f *testing.F) {
	for _, s := range []string{"latest", "earliest", "15m", "1d3h", "2026-11-22T10:00:00.123Z", "shardId-000000000001:4959", "0", "9999w", `{"at_timestamp": "06/25/2020 10:23:45 PDT"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePosition(s)
		if err != nil {
			return
		}
		again, err := ParsePosition(p.String())
		if err != nil || again != p {
			t.Errorf("%q is %+v, printed %q, read again %+v, %v", s, p, p, again, err)
		}
	})
}

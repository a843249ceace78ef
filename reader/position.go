package reader

import (
	"fmt"
	"strings"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// PositionKind says where in a stream reading begins.
type PositionKind int

// The kinds of positions.
const (
	// Latest begins with what arrives from now on.
	Latest PositionKind = iota
	// TrimHorizon begins with the oldest record that is retained.
	TrimHorizon
	// AtTimestamp begins with the first record at or after a time.
	AtTimestamp
	// Ago is AtTimestamp with an age, counted from the server's time.
	Ago
	// AtSequence begins with one record of one shard and reads that shard and
	// its descendants only.
	AtSequence
)

// Position is where reading begins. The zero value is Latest.
type Position struct {
	Kind           PositionKind
	Timestamp      time.Time     // of AtTimestamp
	Age            time.Duration // of Ago
	ShardID        string        // of AtSequence
	SequenceNumber string        // of AtSequence, decimal
}

// String is the position as a user would type it.
func (p Position) String() string {
	switch p.Kind {
	case Latest:
		return "latest"
	case TrimHorizon:
		return "trim_horizon"
	case AtTimestamp:
		return p.Timestamp.UTC().Format(time.RFC3339Nano)
	case Ago:
		return str2duration.String(p.Age)
	case AtSequence:
		return p.ShardID + ":" + p.SequenceNumber
	}
	return fmt.Sprintf("Position(%d)", int(p.Kind))
}

// PositionForms are the forms ParsePosition reads, for messages and help.
const PositionForms = "latest, trim_horizon, earliest, a time such as 2026-11-22T10:00:00Z, an age such as 15m or 1d3h, SHARD:SEQUENCE, or " + timestampForms

// ParsePosition reads a position as a user types it, and as String prints it.
// It does not ask for the time: an age stays an age.
func ParsePosition(s string) (Position, error) {
	switch strings.ToLower(s) {
	case "latest":
		return Position{Kind: Latest}, nil
	case "trim_horizon", "earliest":
		return Position{Kind: TrimHorizon}, nil
	}
	if strings.HasPrefix(strings.TrimSpace(s), "{") {
		t, err := parseTimestamp(s)
		if err != nil {
			return Position{}, err
		}
		return Position{Kind: AtTimestamp, Timestamp: t}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return Position{Kind: AtTimestamp, Timestamp: t.UTC()}, nil
	}
	if age, err := str2duration.ParseDuration(s); err == nil && age >= 0 {
		return Position{Kind: Ago, Age: age}, nil
	}
	shard, sequence, ok := strings.Cut(s, ":")
	if ok && strings.HasPrefix(shard, "shardId-") && sequence != "" && strings.Trim(sequence, "0123456789") == "" {
		return Position{Kind: AtSequence, ShardID: shard, SequenceNumber: sequence}, nil
	}
	return Position{}, fmt.Errorf("want %s", PositionForms)
}

package record

import (
	"fmt"
	"strings"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// PositionKind says what a position means.
type PositionKind string

// The kinds of positions. Those of a shard are spelled as the service and the
// checkpoint file spell them.
const (
	// Latest begins with what arrives from now on. It is the zero value, and
	// becomes AtTimestamp once the server's time is known: kin does not ask the
	// service for its LATEST.
	Latest PositionKind = ""
	// TrimHorizon begins with the oldest record that is retained.
	TrimHorizon PositionKind = "TRIM_HORIZON"
	// AtTimestamp begins with the first record at or after a time.
	AtTimestamp PositionKind = "AT_TIMESTAMP"
	// Ago becomes AtTimestamp once the server's time is known.
	Ago PositionKind = "AGO"
	// AtSequenceNumber begins with one record.
	AtSequenceNumber PositionKind = "AT_SEQUENCE_NUMBER"
	// AfterSequenceNumber goes on behind one record.
	AfterSequenceNumber PositionKind = "AFTER_SEQUENCE_NUMBER"
	// ShardEnd is behind the last record of a closed shard.
	ShardEnd PositionKind = "SHARD_END"
)

// Position is where reading begins, or goes on: as a user types it, in one
// shard, and in the checkpoint file, whose members it names. Latest, Ago and
// ShardID are of typed positions alone. The zero value is Latest.
type Position struct {
	Kind PositionKind `json:"position"`
	// SequenceNumber is decimal: of the first record to read (AtSequenceNumber),
	// or of the last one that was read (AfterSequenceNumber, ShardEnd).
	SequenceNumber string `json:"sequenceNumber,omitempty"`
	// SubSequenceNumber is the index in a KPL aggregate of the last record
	// written, when that is not the aggregate's last. The position is
	// AtSequenceNumber then: the aggregate is read again, and what was written
	// of it is dropped.
	SubSequenceNumber *int64 `json:"subSequenceNumber,omitempty"`
	// Continuation is the continuation sequence number of enhanced fan-out.
	Continuation string `json:"continuation,omitempty"`
	Timestamp    Time   `json:"timestamp,omitzero"` // of AtTimestamp

	ShardID string        `json:"-"` // of a typed AtSequenceNumber: this shard and its descendants
	Age     time.Duration `json:"-"` // of Ago
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
	case AtSequenceNumber:
		return p.ShardID + ":" + p.SequenceNumber
	}
	return string(p.Kind)
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
		return Position{Kind: AtTimestamp, Timestamp: Time{Time: t}}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return Position{Kind: AtTimestamp, Timestamp: Time{Time: t.UTC()}}, nil
	}
	if age, err := str2duration.ParseDuration(s); err == nil && age >= 0 {
		return Position{Kind: Ago, Age: age}, nil
	}
	shard, sequence, ok := strings.Cut(s, ":")
	if ok && strings.HasPrefix(shard, "shardId-") && sequence != "" && strings.Trim(sequence, "0123456789") == "" {
		return Position{Kind: AtSequenceNumber, ShardID: shard, SequenceNumber: sequence}, nil
	}
	return Position{}, fmt.Errorf("want %s", PositionForms)
}

// AtTime begins with the first record at or after t.
func AtTime(t time.Time) Position { return Position{Kind: AtTimestamp, Timestamp: Time{Time: t}} }

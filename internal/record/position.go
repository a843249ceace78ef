package record

import (
	"fmt"
	"strings"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// PositionKind is the kind of a position.
type PositionKind string

// The kinds of positions. Their values are those of the service and the checkpoint file.
const (
	// Latest starts with records that arrive from now on. It is the zero value. It becomes
	// AtTimestamp once the server's time is known: kin does not use the service's LATEST.
	Latest PositionKind = ""
	// TrimHorizon starts with the oldest retained record.
	TrimHorizon PositionKind = "TRIM_HORIZON"
	// AtTimestamp starts with the first record at or after a time.
	AtTimestamp PositionKind = "AT_TIMESTAMP"
	// Ago becomes AtTimestamp once the server's time is known: see Resolve.
	Ago PositionKind = "AGO"
	// AtSequenceNumber starts with the record of a sequence number.
	AtSequenceNumber PositionKind = "AT_SEQUENCE_NUMBER"
	// AfterSequenceNumber starts after the record of a sequence number.
	AfterSequenceNumber PositionKind = "AFTER_SEQUENCE_NUMBER"
	// ShardEnd is the end of a closed shard, after its last record.
	ShardEnd PositionKind = "SHARD_END"
)

// Position is where reading starts or resumes. It is used for positions that users type,
// for the position in a shard, and in the checkpoint file, whose member names it has.
// Latest, Ago and ShardID occur only in typed positions. The zero value is Latest.
type Position struct {
	Kind PositionKind `json:"position"`
	// SequenceNumber is a decimal number. For AtSequenceNumber it is the first record to read.
	// For AfterSequenceNumber and ShardEnd it is the last record that was read.
	SequenceNumber string `json:"sequenceNumber,omitempty"`
	// SubSequenceNumber is set if only a part of a KPL aggregate was written. It is the index
	// of the last written record in the aggregate. The position is then AtSequenceNumber: the
	// aggregate is read again, and its records up to that index are skipped. Otherwise it is
	// nil.
	SubSequenceNumber *int64 `json:"subSequenceNumber,omitempty"`
	// Continuation is the continuation sequence number of enhanced fan-out, or empty.
	Continuation string `json:"continuation,omitempty"`
	Timestamp    Time   `json:"timestamp,omitzero"` // for AtTimestamp

	ShardID string        `json:"-"` // for a typed AtSequenceNumber: this shard and its descendants
	Age     time.Duration `json:"-"` // for Ago
}

// String returns the position as a user would type it.
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

// PositionForms lists the forms that ParsePosition accepts, for messages and help.
const PositionForms = "latest, trim_horizon, earliest, a time such as 2026-11-22T10:00:00Z, an age such as 15m or 1d3h, SHARD:SEQUENCE, or " + timestampForms

// ParsePosition parses a position that a user types or that String returns. It does not use
// the current time: an age stays an age.
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

// Resolve returns the position with an age turned into the time that is so long before now. Other
// positions stay as they are.
func (p Position) Resolve(now time.Time) Position {
	if p.Kind == Ago {
		return AtTime(now.Add(-p.Age))
	}
	return p
}

// AtTime returns the position of the first record at or after t.
func AtTime(t time.Time) Position { return Position{Kind: AtTimestamp, Timestamp: Time{Time: t}} }

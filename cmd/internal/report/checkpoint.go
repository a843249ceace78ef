package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Position is a shard's position in the JSON reports.
type Position struct {
	Type              record.PositionKind `json:"type"`
	SequenceNumber    string              `json:"sequenceNumber,omitempty"`
	SubSequenceNumber *int64              `json:"subSequenceNumber,omitempty"`
	Timestamp         record.Time         `json:"timestamp,omitzero"`
}

// positionOf returns the report of a saved position.
func positionOf(s checkpoint.Shard) Position {
	return Position{s.Kind, s.SequenceNumber, s.SubSequenceNumber, s.Timestamp}
}

// Equal reports whether two positions are the same.
func (p Position) Equal(q Position) bool {
	sub := func(p Position) int64 {
		if p.SubSequenceNumber == nil {
			return -1
		}
		return *p.SubSequenceNumber
	}
	return p.Type == q.Type && p.SequenceNumber == q.SequenceNumber && sub(p) == sub(q) && p.Timestamp.Equal(q.Timestamp.Time)
}

// Short returns a position for tables. It shortens a sequence number to the last digits,
// which differ within a shard.
func (p Position) Short() string {
	const digits = 12
	sequence := p.SequenceNumber
	if len(sequence) > digits {
		sequence = "…" + sequence[len(sequence)-digits:]
	}
	switch p.Type {
	case record.AfterSequenceNumber:
		return "after " + sequence
	case record.AtSequenceNumber:
		if p.SubSequenceNumber != nil {
			return fmt.Sprintf("in %s/%d", sequence, *p.SubSequenceNumber)
		}
		return "at " + sequence
	case record.AtTimestamp:
		return TableTime(p.Timestamp.Time)
	case record.TrimHorizon:
		return "trim_horizon"
	case record.ShardEnd:
		return "end"
	}
	return string(p.Type)
}

// Checkpoint is the output of kin checkpoint show -o json.
type Checkpoint struct {
	Path        string             `json:"path"`
	ID          string             `json:"id"`
	Streams     []savedStream      `json:"streams"`
	Destination *savedDestination  `json:"destination,omitempty"`
	Output      *checkpoint.Output `json:"output,omitempty"`
}

type savedStream struct {
	StreamName      string       `json:"streamName"`
	StreamARN       string       `json:"streamARN,omitempty"`
	CreatedAt       record.Time  `json:"createdAt,omitzero"`
	StartedAt       record.Time  `json:"startedAt"`
	InitialPosition string       `json:"initialPosition"`
	Shards          []savedShard `json:"shards"`
}

type savedDestination struct {
	StreamName string      `json:"streamName"`
	StreamARN  string      `json:"streamARN,omitempty"`
	CreatedAt  record.Time `json:"createdAt,omitzero"`
}

type savedShard struct {
	ShardID               string      `json:"shardId"`
	ParentShardID         string      `json:"parentShardId,omitempty"`
	AdjacentParentShardID string      `json:"adjacentParentShardId,omitempty"`
	Position              Position    `json:"position"`
	Continuation          string      `json:"continuation,omitempty"`
	ReadThrough           record.Time `json:"readThrough,omitzero"`
	LastArrival           record.Time `json:"lastArrival,omitzero"`
	UpdatedAt             record.Time `json:"updatedAt,omitzero"`
}

// CheckpointOf returns the report of a checkpoint file, sorted by stream and shard.
func CheckpointOf(path string, f checkpoint.File) Checkpoint {
	r := Checkpoint{Path: path, ID: f.ID, Streams: []savedStream{}, Output: f.Output}
	if d := f.Destination; d != nil {
		r.Destination = &savedDestination{d.Name, d.ARN, d.CreatedAt}
	}
	for _, s := range f.Streams {
		one := savedStream{s.Name, s.ARN, s.CreatedAt, s.StartedAt, s.InitialPosition, []savedShard{}}
		for _, id := range slices.Sorted(maps.Keys(s.Shards)) {
			at := s.Shards[id]
			parent, adjacent := parentsOf(at.Parents)
			one.Shards = append(one.Shards, savedShard{id, parent, adjacent, positionOf(at), at.Continuation, at.ReadThrough, at.LastArrival, at.UpdatedAt})
		}
		r.Streams = append(r.Streams, one)
	}
	slices.SortFunc(r.Streams, func(a, b savedStream) int { return strings.Compare(a.StreamName, b.StreamName) })
	return r
}

// parentsOf returns a shard's parent and, after a merge, its adjacent parent.
func parentsOf(parents []string) (parent, adjacent string) {
	if len(parents) > 0 {
		parent = parents[0]
	}
	if len(parents) > 1 {
		adjacent = parents[1]
	}
	return parent, adjacent
}

// Table returns the report as text.
func (r Checkpoint) Table(p Palette) string {
	var b strings.Builder
	fmt.Fprintf(&b, "query id %s\n", r.ID)
	if r.Destination != nil {
		fmt.Fprintf(&b, "copied into %s\n", r.Destination.StreamName)
	}
	if r.Output != nil {
		fmt.Fprintf(&b, "output %s, committed up to byte %d\n", r.Output.Path, r.Output.Length)
	}
	for _, s := range r.Streams {
		fmt.Fprintf(&b, "\n%s: the first run began on %s, from position %s\n", s.StreamName, TableTime(s.StartedAt.Time), s.InitialPosition)
		rows := [][]string{{"SHARD", "POSITION", "READ_THROUGH"}}
		for _, shard := range s.Shards {
			rows = append(rows, []string{shard.ShardID, shard.Position.Short(), optionalTime(shard.ReadThrough.Time)})
		}
		b.WriteString(aligned(p, rows))
	}
	return b.String()
}

// optionalTime formats a time for a table; the zero time is a dash.
func optionalTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return TableTime(t)
}

// aligned returns a table with aligned columns. The first row has the headers. Lines have
// no trailing spaces.
func aligned(p Palette, rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			line.WriteString(cell)
			if j < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[j]-len([]rune(cell))+2))
			}
		}
		text := line.String()
		if i == 0 {
			text = p.Head.Render(text)
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

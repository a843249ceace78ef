package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Reset is the output of kin checkpoint reset -o json. It has only what changes.
type Reset struct {
	Path    string        `json:"path"`
	Streams []resetStream `json:"streams"`
}

type resetStream struct {
	StreamName      string        `json:"streamName"`
	StreamARN       string        `json:"streamARN,omitempty"`
	InitialPosition *resetInitial `json:"initialPosition,omitempty"`
	Shards          []movedShard  `json:"shards"`
}

// resetInitial is a change of a stream's initial position.
type resetInitial struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// movedShard is a shard whose position changes. From or To is absent if only one of the two
// files has the shard.
type movedShard struct {
	ShardID string    `json:"shardId"`
	From    *Position `json:"from,omitempty"`
	To      *Position `json:"to,omitempty"`
}

// ResetOf returns the difference between two states of a checkpoint file for the given
// streams, which are names or ARNs.
func ResetOf(path string, before, after checkpoint.File, streams []string) Reset {
	r := Reset{Path: path, Streams: []resetStream{}}
	names := make([]string, len(streams))
	for i, s := range streams {
		names[i] = record.ParseStream(s).Name
	}
	slices.Sort(names)
	for _, name := range names {
		old, now := before.Find(name), after.Find(name)
		s := resetStream{StreamName: name, StreamARN: now.ARN, Shards: []movedShard{}}
		if old.InitialPosition != now.InitialPosition {
			s.InitialPosition = &resetInitial{old.InitialPosition, now.InitialPosition}
		}
		ids := maps.Clone(old.Shards)
		maps.Copy(ids, now.Shards)
		for _, id := range slices.Sorted(maps.Keys(ids)) {
			one := movedShard{ShardID: id}
			if at, ok := old.Shards[id]; ok {
				p := positionOf(at)
				one.From = &p
			}
			if at, ok := now.Shards[id]; ok {
				p := positionOf(at)
				one.To = &p
			}
			if one.From == nil || one.To == nil || !one.From.Equal(*one.To) {
				s.Shards = append(s.Shards, one)
			}
		}
		if s.InitialPosition != nil || len(s.Shards) > 0 {
			r.Streams = append(r.Streams, s)
		}
	}
	return r
}

// IsEmpty reports whether nothing would change.
func (r Reset) IsEmpty() bool { return len(r.Streams) == 0 }

// Table returns the difference as text.
func (r Reset) Table(p Palette) string {
	var b strings.Builder
	for i, s := range r.Streams {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s", s.StreamName)
		if s.InitialPosition != nil {
			fmt.Fprintf(&b, ": initial position changes from %s to %s", s.InitialPosition.From, s.InitialPosition.To)
		}
		b.WriteByte('\n')
		if len(s.Shards) == 0 {
			continue
		}
		rows := [][]string{{"SHARD", "FROM", "TO"}}
		for _, shard := range s.Shards {
			rows = append(rows, []string{shard.ShardID, shard.From.optional(), shard.To.optional()})
		}
		b.WriteString(aligned(p, rows))
	}
	return b.String()
}

func (p *Position) optional() string {
	if p == nil {
		return "-"
	}
	return p.Short()
}

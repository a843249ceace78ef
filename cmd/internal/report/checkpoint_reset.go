package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Reset is what reset prints with -o json: what is moved, and nothing
// that stays.
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

// resetInitial is where the first run began, and is to have begun.
type resetInitial struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// movedShard is a shard that moves; one of the two is absent when the file
// has it only before, or only after.
type movedShard struct {
	ShardID string    `json:"shardId"`
	From    *Position `json:"from,omitempty"`
	To      *Position `json:"to,omitempty"`
}

// ResetOf is what changes of the streams between two states of a file.
func ResetOf(path string, was, is checkpoint.File, streams []string) Reset {
	r := Reset{Path: path, Streams: []resetStream{}}
	names := make([]string, len(streams))
	for i, s := range streams {
		names[i] = record.ParseStream(s).Name
	}
	slices.Sort(names)
	for _, name := range names {
		before, after := was.Find(name), is.Find(name)
		s := resetStream{StreamName: name, StreamARN: after.ARN, Shards: []movedShard{}}
		if before.InitialPosition != after.InitialPosition {
			s.InitialPosition = &resetInitial{before.InitialPosition, after.InitialPosition}
		}
		ids := maps.Clone(before.Shards)
		maps.Copy(ids, after.Shards)
		for _, id := range slices.Sorted(maps.Keys(ids)) {
			one := movedShard{ShardID: id}
			if at, there := before.Shards[id]; there {
				p := positionOf(at)
				one.From = &p
			}
			if at, there := after.Shards[id]; there {
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

// IsEmpty says that nothing would change.
func (r Reset) IsEmpty() bool { return len(r.Streams) == 0 }

// Table is the difference for eyes.
func (r Reset) Table(p Palette) string {
	var b strings.Builder
	for i, s := range r.Streams {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s", s.StreamName)
		if s.InitialPosition != nil {
			fmt.Fprintf(&b, ": initial position %s, then %s", s.InitialPosition.From, s.InitialPosition.To)
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

package lineage

import (
	"slices"
	"testing"
	"time"

	"kin/internal/kinesistest/families"
	"kin/internal/record"
)

func TestGaps(t *testing.T) {
	now := startedAt.Add(48 * time.Hour)
	horizon := now.Add(-24 * time.Hour)
	at := func(t time.Time) record.Time { return record.Time{Time: t} }
	old, fresh := at(horizon.Add(-time.Hour)), at(horizon.Add(time.Second))
	after := func(through record.Time) record.ShardPosition {
		// The last record is old: a quiet shard is no gap.
		return record.ShardPosition{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}, LastArrival: at(startedAt.Add(-time.Hour)), ReadThrough: through}
	}
	end := func(through record.Time) record.ShardPosition {
		return record.ShardPosition{Position: record.Position{Kind: record.ShardEnd}, ReadThrough: through}
	}
	childOf := func(parent string, s record.ShardPosition) record.ShardPosition {
		s.Parents = []string{parent}
		return s
	}
	for _, test := range []struct {
		name  string
		saved map[string]record.ShardPosition
		want  []string
	}{
		{"read recently", map[string]record.ShardPosition{"a": after(fresh)}, nil},
		{"not read for too long", map[string]record.ShardPosition{"a": after(old)}, []string{"a"}},
		{"to be read from its start, recent", map[string]record.ShardPosition{"a": {Position: record.Position{Kind: record.TrimHorizon}, UpdatedAt: fresh}}, nil},
		{"to be read from its start, old", map[string]record.ShardPosition{"a": {Position: record.Position{Kind: record.TrimHorizon}, UpdatedAt: old}}, []string{"a"}},
		{"never read, from a time", map[string]record.ShardPosition{"a": {Position: record.Position{Kind: record.AtTimestamp, Timestamp: old}}}, []string{"a"}},
		{"no longer listed, unread", map[string]record.ShardPosition{"x": after(old)}, []string{"x"}},
		{"ended long ago, its child is known", map[string]record.ShardPosition{"b": end(old), "c": childOf("b", after(fresh))}, nil},
		{"ended long ago, its child is not", map[string]record.ShardPosition{"b": end(old)}, []string{"b"}},
		{"ended recently, its child is not known", map[string]record.ShardPosition{"b": end(fresh)}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := NewTree()
			l.Add(families.Of("a", "b!", "c<b"))
			p := Placement{record.Position{Kind: record.TrimHorizon}, startedAt, test.saved, everyone, nil}
			if _, err := p.First(l); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range p.Gaps(l, now, 24*time.Hour) {
				got = append(got, g.Shard)
				if !g.To.Equal(horizon) || !g.From.Equal(old.Time) {
					t.Errorf("gap of %s from %s to %s, want %s to %s", g.Shard, g.From, g.To, old, horizon)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("gaps in %v, want %v", got, test.want)
			}
		})
	}
}

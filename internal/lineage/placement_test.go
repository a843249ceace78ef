package lineage

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest/families"
	"kin/internal/record"
)

var (
	startedAt = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	everyone  = func(string) bool { return true }
	stateName = map[State]string{Waiting: "waits", Reading: "reads", Paused: "paused", Ended: "ended", Outside: "outside"}
)

func startingPositions(l *Tree) map[string]string {
	got := map[string]string{}
	for id, s := range l.Shards {
		got[id] = stateName[s.State]
		if s.State == Waiting {
			got[id] = fmt.Sprint(s.At.Kind, " ", s.At.SequenceNumber)
			if s.At.Kind == record.AtTimestamp {
				got[id] = "AT " + s.At.Timestamp.Format(time.TimeOnly)
			}
		}
	}
	return got
}

func TestPlacement(t *testing.T) {
	const horizon = "TRIM_HORIZON "
	after := func(n string) record.ShardPosition {
		return record.ShardPosition{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: n}}
	}
	end := record.ShardPosition{Position: record.Position{Kind: record.ShardEnd}}
	for _, test := range []struct {
		name    string
		initial record.Position
		saved   map[string]record.ShardPosition
		listed  []types.Shard
		want    map[string]string
		ready   []string
		lost    []string
		only    []string
	}{
		{
			name:   "latest: open shards, at the time the run began",
			listed: families.Of("a!", "b<a", "c<a"),
			want:   map[string]string{"a": "outside", "b": "AT 10:00:00", "c": "AT 10:00:00"},
			ready:  []string{"b", "c"},
		}, {
			name:    "trim_horizon: closed parents first",
			initial: record.Position{Kind: record.TrimHorizon},
			listed:  families.Of("a!", "b<a!", "c<a", "d!", "e<b+d"),
			want:    map[string]string{"a": horizon, "b": horizon, "c": horizon, "d": horizon, "e": horizon},
			ready:   []string{"a", "d"},
		}, {
			name:    "trim_horizon: a parent that was trimmed does not block",
			initial: record.Position{Kind: record.TrimHorizon},
			listed:  families.Of("b<a", "e<x+b"),
			want:    map[string]string{"b": horizon, "e": horizon},
			ready:   []string{"b"},
		}, {
			name:    "an age, from the server's time",
			initial: record.Position{Kind: record.Ago, Age: time.Hour},
			listed:  families.Of("a!", "b<a"),
			want:    map[string]string{"a": "AT 09:00:00", "b": "AT 09:00:00"},
			ready:   []string{"a"},
		}, {
			name:    "one record of one shard, and its descendants",
			initial: record.Position{Kind: record.AtSequenceNumber, ShardID: "b", SequenceNumber: "5"},
			listed:  families.Of("a!", "b<a!", "c<a", "d!", "e<b+d"),
			want:    map[string]string{"a": "outside", "b": "AT_SEQUENCE_NUMBER 5", "c": "outside", "d": "outside", "e": horizon},
			ready:   []string{"b"},
		}, {
			name:   "a checkpoint: new shards begin at their start, never at latest",
			saved:  map[string]record.ShardPosition{"b": after("7"), "c": end},
			listed: families.Of("a!", "b<a", "c<a!", "d<c", "e<c"),
			want:   map[string]string{"a": "outside", "b": "AFTER_SEQUENCE_NUMBER 7", "c": "ended", "d": horizon, "e": horizon},
			ready:  []string{"b", "d", "e"},
		}, {
			name:    "a checkpoint that began at a time: the time still applies",
			initial: record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: startedAt.Add(-time.Minute)}},
			saved:   map[string]record.ShardPosition{"a": end},
			listed:  families.Of("a!", "b<a"),
			want:    map[string]string{"a": "ended", "b": "AT 09:59:00"},
			ready:   []string{"b"},
		}, {
			name:    "a checkpoint: the parent ended and was trimmed",
			initial: record.Position{Kind: record.TrimHorizon},
			saved:   map[string]record.ShardPosition{"a": end},
			listed:  families.Of("b<a", "c<a"),
			want:    map[string]string{"a": "ended", "b": horizon, "c": horizon},
			ready:   []string{"b", "c"},
		}, {
			name:    "a checkpoint: a shard was trimmed before it was read to its end",
			initial: record.Position{Kind: record.TrimHorizon},
			saved:   map[string]record.ShardPosition{"a": after("3")},
			listed:  families.Of("b<a"),
			want:    map[string]string{"a": "ended", "b": horizon},
			ready:   []string{"b"},
			lost:    []string{"a"},
		}, {
			name:    "a checkpoint of one shard stays with its descendants",
			initial: record.Position{Kind: record.AtSequenceNumber, ShardID: "b", SequenceNumber: "5"},
			saved:   map[string]record.ShardPosition{"b": after("6")},
			listed:  families.Of("a!", "b<a!", "c<a", "d<b"),
			want:    map[string]string{"a": "outside", "b": "AFTER_SEQUENCE_NUMBER 6", "c": "outside", "d": horizon},
			ready:   []string{"b"},
		}, {
			name:    "named shards and their descendants",
			initial: record.Position{Kind: record.TrimHorizon},
			listed:  families.Of("a!", "b<a", "c<a!", "d!", "e<c+d", "f"),
			only:    []string{"c", "f"},
			want:    map[string]string{"a": "outside", "b": "outside", "c": horizon, "d": "outside", "e": horizon, "f": horizon},
			ready:   []string{"c", "f"},
		}, {
			name:   "named shards at latest: their open descendants",
			listed: families.Of("a!", "b<a", "c<a", "d"),
			only:   []string{"a"},
			want:   map[string]string{"a": "outside", "b": "AT 10:00:00", "c": "AT 10:00:00", "d": "outside"},
			ready:  []string{"b", "c"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := NewTree()
			l.Add(test.listed)
			lost, err := Placement{test.initial, startedAt, test.saved, everyone, test.only}.First(l)
			if err != nil {
				t.Fatal(err)
			}
			if got := startingPositions(l); !maps.Equal(got, test.want) {
				t.Errorf("placed %v, want %v", got, test.want)
			}
			var ready []string
			for _, s := range l.Ready() {
				ready = append(ready, s.ID)
			}
			if !slices.Equal(ready, test.ready) || !slices.Equal(lost, test.lost) {
				t.Errorf("ready %v, lost %v, want %v and %v", ready, lost, test.ready, test.lost)
			}
		})
	}
}

func TestPlacementExcludesShardsOfOtherProcesses(t *testing.T) {
	l := NewTree()
	l.Add(families.Of("a", "b"))
	_, err := Placement{record.Position{Kind: record.TrimHorizon}, startedAt, nil, func(s string) bool { return s == "b" }, nil}.First(l)
	if got, want := startingPositions(l), map[string]string{"a": "outside", "b": "TRIM_HORIZON "}; err != nil || !maps.Equal(got, want) {
		t.Errorf("placed %v, %v, want %v", got, err, want)
	}
}

func TestShardsFoundDuringTheRunBeginAtTheirStart(t *testing.T) {
	l := NewTree()
	l.Add(families.Of("a", "b"))
	p := Placement{record.Position{Kind: record.Latest}, startedAt, nil, everyone, nil}
	if _, err := p.First(l); err != nil {
		t.Fatal(err)
	}
	p.Later(l, l.Add(families.Of("a!", "b", "c<a", "d<a")))
	want := map[string]string{"a": "AT 10:00:00", "b": "AT 10:00:00", "c": "TRIM_HORIZON ", "d": "TRIM_HORIZON "}
	if got := startingPositions(l); !maps.Equal(got, want) {
		t.Errorf("placed %v, want %v", got, want)
	}
}

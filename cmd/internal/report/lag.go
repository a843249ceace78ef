package report

import (
	"slices"
	"strings"

	"kin/inspect"
	"kin/internal/checkpoint"
	"kin/internal/record"
)

// lagJSON is the output of kin lag -o json: one line for each measurement.
type lagJSON struct {
	Timestamp record.Time `json:"timestamp"`
	Streams   []lagStream `json:"streams"`
}

// lagStream is one stream of it. The three figures are absent if every shard is done.
type lagStream struct {
	StreamName string     `json:"streamName"`
	StreamARN  string     `json:"streamARN,omitempty"`
	Avg        *float64   `json:"avgMsBehindLatest,omitempty"`
	Max        *int64     `json:"maxMsBehindLatest,omitempty"`
	Min        *int64     `json:"minMsBehindLatest,omitempty"`
	Shards     []lagShard `json:"shards"`
	Losses     []string   `json:"losses,omitempty"` // unread records that expired, or may have, in words
}

type lagShard struct {
	ShardID               string             `json:"shardId"`
	State                 inspect.ShardState `json:"state"`
	ParentShardID         string             `json:"parentShardId,omitempty"`
	AdjacentParentShardID string             `json:"adjacentParentShardId,omitempty"`
	Position              Position           `json:"position"`
	MillisBehindLatest    int64              `json:"millisBehindLatest"`
	LastRecord            *lastRecord        `json:"lastRecord,omitempty"`
}

// lastRecord is the last record that was read.
type lastRecord struct {
	SequenceNumber string      `json:"sequenceNumber"`
	Arrival        record.Time `json:"approximateArrivalTimestamp,omitzero"`
}

// lastRecordOf returns the last record before a position, or the record that the position
// is inside of. It is nil if the position has no sequence number of a record that was read.
func lastRecordOf(at checkpoint.Shard) *lastRecord {
	inside := at.Kind == record.AtSequenceNumber && at.SubSequenceNumber != nil
	behind := at.Kind == record.AfterSequenceNumber || at.Kind == record.ShardEnd
	if at.SequenceNumber == "" || !inside && !behind {
		return nil
	}
	return &lastRecord{at.SequenceNumber, at.LastArrival}
}

// LagLine returns a measurement as a line of JSON.
func LagLine(measured inspect.LagReport) (string, error) {
	r := lagJSON{Timestamp: record.Time{Time: measured.Time}}
	for _, s := range measured.Streams {
		one := lagStream{StreamName: s.Stream, StreamARN: s.ARN, Shards: []lagShard{}, Losses: s.Losses}
		if s.Lag.Shards > 0 {
			one.Avg, one.Max, one.Min = &s.Lag.Avg, &s.Lag.Max, &s.Lag.Min
		}
		for _, shard := range s.Shards {
			parent, adjacent := parentsOf(shard.Parents)
			one.Shards = append(one.Shards, lagShard{shard.ShardID, shard.State, parent, adjacent,
				positionOf(shard.Position), shard.MillisBehindLatest, lastRecordOf(shard.Position)})
		}
		r.Streams = append(r.Streams, one)
	}
	slices.SortFunc(r.Streams, func(a, b lagStream) int { return strings.Compare(a.StreamName, b.StreamName) })
	return JSONLine(r)
}

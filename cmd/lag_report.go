package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/reader"
)

// lagReport is what lag prints with -o json, a line a look.
type lagReport struct {
	Timestamp record.Time `json:"timestamp"`
	Streams   []lagStream `json:"streams"`
}

// lagStream leaves out the figures when no shard has one.
type lagStream struct {
	StreamName string     `json:"streamName"`
	StreamARN  string     `json:"streamARN,omitempty"`
	Avg        *float64   `json:"avgMsBehindLatest,omitempty"`
	Max        *int64     `json:"maxMsBehindLatest,omitempty"`
	Min        *int64     `json:"minMsBehindLatest,omitempty"`
	Shards     []lagShard `json:"shards"`
	Losses     []string   `json:"losses,omitempty"` // what is gone, or may be, that was not read
}

type lagShard struct {
	ShardID               string            `json:"shardId"`
	State                 reader.ShardState `json:"state"`
	ParentShardID         string            `json:"parentShardId,omitempty"`
	AdjacentParentShardID string            `json:"adjacentParentShardId,omitempty"`
	Position              positionReport    `json:"position"`
	MillisBehindLatest    int64             `json:"millisBehindLatest"`
	LastRecord            *lastRecord       `json:"lastRecord,omitempty"`
}

// lastRecord is the last record that was read.
type lastRecord struct {
	SequenceNumber string      `json:"sequenceNumber"`
	Arrival        record.Time `json:"approximateArrivalTimestamp,omitzero"`
}

// lastRecordOf is the last record that a position is behind, or inside of; nil
// when it is behind none.
func lastRecordOf(at checkpoint.Shard) *lastRecord {
	inside := at.Kind == record.AtSequenceNumber && at.SubSequenceNumber != nil
	behind := at.Kind == record.AfterSequenceNumber || at.Kind == record.ShardEnd
	if at.SequenceNumber == "" || !inside && !behind {
		return nil
	}
	return &lastRecord{at.SequenceNumber, at.LastArrival}
}

func (o *lagOptions) isTable() bool { return o.output == "" || o.output == lagTable }

// report is one look as it is printed.
func (o *lagOptions) report(p palette, look reader.Look) (string, error) {
	switch o.output {
	case lagJSON:
		return lagLine(look)
	case lagPrometheus:
		return lagMetrics(look)
	}
	return lagTables(p, look), nil
}

func lagLine(look reader.Look) (string, error) {
	r := lagReport{Timestamp: record.Time{Time: look.Time}}
	for _, s := range look.Streams {
		one := lagStream{StreamName: s.Stream, StreamARN: s.ARN, Shards: []lagShard{}, Losses: s.Losses}
		if s.Lag.Shards > 0 {
			one.Avg, one.Max, one.Min = &s.Lag.Avg, &s.Lag.Max, &s.Lag.Min
		}
		for _, shard := range s.Shards {
			parent, adjacent := parentsOf(shard.Parents)
			one.Shards = append(one.Shards, lagShard{shard.ShardID, shard.State, parent, adjacent,
				reportPosition(shard.Position), shard.MillisBehindLatest, lastRecordOf(shard.Position)})
		}
		r.Streams = append(r.Streams, one)
	}
	slices.SortFunc(r.Streams, func(a, b lagStream) int { return strings.Compare(a.StreamName, b.StreamName) })
	return jsonLine(r)
}

// lagMetrics is a look as Prometheus reads it, under the name that
// --metrics-listen has, and with the connector's three figures.
func lagMetrics(look reader.Look) (string, error) {
	figure := func(name, what string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kin_" + name + "_millis_behind_latest", Help: "Milliseconds that the shards of a stream are behind, " + what + "; those that are done left out.",
		}, []string{"stream"})
	}
	avg, most, least := figure("avg", "on average"), figure("max", "at most"), figure("min", "at least")
	losses := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "kin_losses", Help: "Stretches of a stream's shards that are gone, or may be, and were not read.",
	}, []string{"stream"})
	behind := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: behindMetric,
		Help: "Milliseconds that a shard is behind: the age of its oldest record that was not read.",
	}, []string{"stream", "shard"})
	for _, s := range look.Streams {
		losses.WithLabelValues(s.Stream).Set(float64(len(s.Losses)))
		if s.Lag.Shards > 0 {
			avg.WithLabelValues(s.Stream).Set(s.Lag.Avg)
			most.WithLabelValues(s.Stream).Set(float64(s.Lag.Max))
			least.WithLabelValues(s.Stream).Set(float64(s.Lag.Min))
		}
		for _, shard := range s.Shards {
			if shard.State != reader.Done {
				behind.WithLabelValues(s.Stream, shard.ShardID).Set(float64(shard.MillisBehindLatest))
			}
		}
	}
	registry := prometheus.NewRegistry()
	for _, gauge := range []prometheus.Collector{behind, avg, most, least, losses} {
		if err := registry.Register(gauge); err != nil {
			return "", err
		}
	}
	families, err := registry.Gather()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// lagTables is a look for eyes: a table a stream.
func lagTables(p palette, look reader.Look) string {
	var b strings.Builder
	for i, s := range look.Streams {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s.Stream + ": " + figures(s.Lag) + "\n")
		rows := [][]string{{"SHARD", "STATE", "BEHIND", "LAST_READ", "POSITION"}}
		for _, shard := range s.Shards {
			rows = append(rows, []string{shard.ShardID, stateWord(shard.State), behindWord(shard), lastRead(look, shard), reportPosition(shard.Position).short()})
		}
		b.WriteString(aligned(p, rows))
	}
	return b.String()
}

// figures are the three of a stream in words.
func figures(l reader.StreamLag) string {
	if l.Shards == 0 {
		return "every shard is done"
	}
	return fmt.Sprintf("behind max %s, avg %s, min %s",
		brief(millis(l.Max)), brief(time.Duration(l.Avg*float64(time.Millisecond))), brief(millis(l.Min)))
}

func stateWord(s reader.ShardState) string {
	switch s {
	case reader.Reading:
		return "reading"
	case reader.WaitingForParent:
		return "waiting"
	case reader.Done:
		return "done"
	}
	return string(s)
}

func behindWord(s reader.ShardLook) string {
	if s.State == reader.Done {
		return "-"
	}
	return brief(millis(s.MillisBehindLatest))
}

// lastRead is how old the last record is that was read.
func lastRead(look reader.Look, s reader.ShardLook) string {
	last := lastRecordOf(s.Position)
	if last == nil || last.Arrival.IsZero() {
		return "-"
	}
	return brief(max(0, look.Time.Sub(last.Arrival.Time)))
}

// brief is a duration in two units at most.
func brief(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0s"
	case d < time.Second:
		return fmt.Sprintf("%dms", max(1, d.Milliseconds()))
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
}

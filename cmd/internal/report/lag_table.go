package report

import (
	"fmt"
	"strings"
	"time"

	"kin/inspect"
	"kin/reader"
)

// LagTables returns a measurement as text: a table for each stream.
func LagTables(p Palette, measured inspect.LagReport) string {
	var b strings.Builder
	for i, s := range measured.Streams {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s.Stream + ": " + figures(s.Lag) + "\n")
		rows := [][]string{{"SHARD", "STATE", "BEHIND", "LAST_READ", "POSITION"}}
		for _, shard := range s.Shards {
			rows = append(rows, []string{shard.ShardID, stateWord(shard.State), behindWord(shard), lastRead(measured, shard), positionOf(shard.Position).Short()})
		}
		b.WriteString(aligned(p, rows))
	}
	return b.String()
}

// figures returns the three figures of a stream as text.
func figures(l reader.StreamLag) string {
	if l.Shards == 0 {
		return "every shard is done"
	}
	return fmt.Sprintf("behind max %s, avg %s, min %s",
		Brief(Millis(l.Max)), Brief(time.Duration(l.Avg*float64(time.Millisecond))), Brief(Millis(l.Min)))
}

func stateWord(s inspect.ShardState) string {
	switch s {
	case inspect.Reading:
		return "reading"
	case inspect.WaitingForParent:
		return "waiting"
	case inspect.Done:
		return "done"
	}
	return string(s)
}

func behindWord(s inspect.ShardReport) string {
	if s.State == inspect.Done {
		return "-"
	}
	return Brief(Millis(s.MillisBehindLatest))
}

// lastRead returns the age of the last record that was read.
func lastRead(measured inspect.LagReport, s inspect.ShardReport) string {
	last := lastRecordOf(s.Position)
	if last == nil || last.Arrival.IsZero() {
		return "-"
	}
	return Brief(max(0, measured.Time.Sub(last.Arrival.Time)))
}

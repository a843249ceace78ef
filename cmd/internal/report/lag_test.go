package report

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kin/inspect"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/reader"
)

var measuredAt = time.Date(2026, 11, 22, 10, 0, 0, 123_000_000, time.UTC)

// measuredLag is a measurement of a stream whose shards have these lags in milliseconds. A
// negative lag means that the shard is done.
func measuredLag(at time.Time, stream string, behind ...int64) inspect.LagReport {
	s := inspect.StreamReport{Stream: stream}
	for n, ms := range behind {
		shard := inspect.ShardReport{ShardID: fmt.Sprintf("shardId-%012d", n), State: inspect.Reading, MillisBehindLatest: ms,
			Position: checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}}
		if ms < 0 {
			shard.State, shard.MillisBehindLatest = inspect.Done, 0
		} else {
			s.Lag.Avg = (s.Lag.Avg*float64(s.Lag.Shards) + float64(ms)) / float64(s.Lag.Shards+1)
			s.Lag.Shards++
			s.Lag.Max = max(s.Lag.Max, ms)
		}
		s.Shards = append(s.Shards, shard)
	}
	return inspect.LagReport{Time: at, Streams: []inspect.StreamReport{s}}
}

func TestLagLineHasTheDocumentedMembers(t *testing.T) {
	at := func(s int64) record.Time { return record.Time{Time: time.UnixMilli(s*1000 + 7).UTC()} }
	sub := int64(3)
	measured := inspect.LagReport{Time: measuredAt, Streams: []inspect.StreamReport{
		{Stream: "payments", Shards: []inspect.ShardReport{
			{ShardID: "shardId-000000000000", State: inspect.Done, Position: checkpoint.Shard{Position: record.Position{Kind: record.ShardEnd, SequenceNumber: "9"}, LastArrival: at(1)}},
		}},
		{Stream: "orders", ARN: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
			Lag: reader.StreamLag{Stream: "orders", Shards: 2, Avg: 1.5, Max: 3},
			Shards: []inspect.ShardReport{
				{ShardID: "shardId-000000000000", State: inspect.Reading, MillisBehindLatest: 3, Position: checkpoint.Shard{
					Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "49", SubSequenceNumber: &sub, Continuation: "50"}, LastArrival: at(2), ReadThrough: at(3)}},
				{ShardID: "shardId-000000000001", State: inspect.WaitingForParent, Parents: []string{"shardId-000000000000", "shardId-000000000009"},
					Position: checkpoint.Shard{Position: record.Position{Kind: record.AtTimestamp, Timestamp: at(4)}}},
			}},
	}}
	got, err := LagLine(measured)
	want := `{"timestamp":"2026-11-22T10:00:00.123Z","streams":[` +
		`{"streamName":"orders","streamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/orders","avgMsBehindLatest":1.5,"maxMsBehindLatest":3,"minMsBehindLatest":0,"shards":[` +
		`{"shardId":"shardId-000000000000","state":"READING","position":{"type":"AT_SEQUENCE_NUMBER","sequenceNumber":"49","subSequenceNumber":3},"millisBehindLatest":3,"lastRecord":{"sequenceNumber":"49","approximateArrivalTimestamp":"1970-01-01T00:00:02.007Z"}},` +
		`{"shardId":"shardId-000000000001","state":"WAITING_FOR_PARENT","parentShardId":"shardId-000000000000","adjacentParentShardId":"shardId-000000000009","position":{"type":"AT_TIMESTAMP","timestamp":"1970-01-01T00:00:04.007Z"},"millisBehindLatest":0}]},` +
		`{"streamName":"payments","shards":[{"shardId":"shardId-000000000000","state":"DONE","position":{"type":"SHARD_END","sequenceNumber":"9"},"millisBehindLatest":0,"lastRecord":{"sequenceNumber":"9","approximateArrivalTimestamp":"1970-01-01T00:00:01.007Z"}}]}]}` + "\n"
	if err != nil || got != want {
		t.Errorf("got  %s\nwant %s %v", got, want, err)
	}
}

func TestLagMetricsOmitShardsThatAreDone(t *testing.T) {
	got, err := LagMetrics(measuredLag(measuredAt, `or"ders`, 1500, -1, 0))
	figure := func(name, what, value string) string {
		name = "kin_" + name + "_millis_behind_latest"
		return "# HELP " + name + " Lag of a stream's shards in milliseconds, " + what + ". Shards that are done do not count.\n# TYPE " + name + " gauge\n" +
			name + `{stream="or\"ders"} ` + value + "\n"
	}
	losses := "# HELP kin_losses Gaps in a stream: unread records that expired, or may have expired.\n# TYPE kin_losses gauge\n" + `kin_losses{stream="or\"ders"} 0` + "\n"
	want := figure("avg", "average", "750") + losses + figure("max", "maximum", "1500") + `# HELP kin_millis_behind_latest Lag of a shard in milliseconds: the age of its oldest unread record.
# TYPE kin_millis_behind_latest gauge
kin_millis_behind_latest{shard="shardId-000000000000",stream="or\"ders"} 1500
kin_millis_behind_latest{shard="shardId-000000000002",stream="or\"ders"} 0
` + figure("min", "minimum", "0")
	if err != nil || got != want {
		t.Errorf("got %s %v", got, err)
	}
}

func TestBriefHasTwoUnitsAtMost(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Microsecond: "1ms", 999 * time.Millisecond: "999ms", time.Second: "1.0s", 59999 * time.Millisecond: "59.9s",
		time.Minute: "1m00s", 61 * time.Second: "1m01s", time.Hour: "1h00m", 90 * time.Minute: "1h30m", 24 * time.Hour: "1d00h", 170 * time.Hour: "7d02h",
	} {
		if got := Brief(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

// A trend is drawn up to its own maximum, and predicts when the lag will be 0.
func TestTrend(t *testing.T) {
	for _, test := range []struct {
		behind        []int64
		line, reached string
	}{
		{[]int64{0}, "▁", "now"},
		{[]int64{5000}, "█", "-"},
		{[]int64{8000, 7000, 6000, 4000}, "█▇▆▄", "in 6.0s"},
		{[]int64{100, 0}, "█▁", "now"},
		{[]int64{1000, 2000}, "▄█", "falling behind"},
		{[]int64{2000, 1000, 2000}, "█▄█", "unchanged"},
		{[]int64{90, 80, 70, 60, 50, 40, 30, 20, 10, 0, 10, 20, 30, 40, 50, 60, 70, 80}, "▇▆▅▄▄▃▂▁▁▁▂▃▄▄▅▆▇█"[6:], "falling behind"},
	} {
		var tr trend
		for n, ms := range test.behind {
			tr.add(measuredAt.Add(time.Duration(n)*2*time.Second), ms)
		}
		if n := utf8.RuneCountInString(tr.line()); n != min(len(test.behind), trendLength) {
			t.Errorf("%v: %d marks", test.behind, n)
		}
		if got := tr.line(); len(test.behind) <= trendLength && got != test.line {
			t.Errorf("%v is %s, want %s", test.behind, got, test.line)
		}
		if got := tr.caughtUp(); got != test.reached {
			t.Errorf("%v is caught up %s, want %s", test.behind, got, test.reached)
		}
	}
}

// frameOf returns the last frame after these measurements.
func frameOf(width, height int, notes []string, reports ...inspect.LagReport) []string {
	var h LagHistory
	for _, measured := range reports {
		h.Add(measured)
	}
	return LagFrame(Palette{}, reports[len(reports)-1], h, notes, width, height)
}

func TestLagFrameShowsEveryShardIfItFits(t *testing.T) {
	got := strings.Join(frameOf(80, 23, nil, measuredLag(measuredAt.Add(-2*time.Second), "orders", 8000, 0, -1), measuredLag(measuredAt, "orders", 6000, 0, -1)), "\n")
	want := `10:00:00 orders: behind max 6.0s, avg 3.0s, min 0s; expected to catch up in 6.0s
SHARD                 STATE    BEHIND  LAST_READ  TREND             CAUGHT_UP
shardId-000000000000  reading  6.0s    -          █▆                in 6.0s
shardId-000000000001  reading  0s      -          ▁▁                now
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// If there are more shards than lines, the frame shows those with the most lag, and the
// number of the others. It fits any size of the terminal.
func TestLagFrameFitsTheTerminal(t *testing.T) {
	behind := make([]int64, 400)
	for n := range behind {
		behind[n] = int64(n) * 1000
	}
	many := measuredLag(measuredAt, "orders", behind...)
	lines := frameOf(80, 23, nil, many)
	if len(lines) != 23 || !strings.HasPrefix(lines[2], "shardId-000000000399  reading  6m39s ") || !strings.HasPrefix(lines[20], "shardId-000000000381 ") ||
		lines[21] != "381 shards not shown, at most 6m20s behind" {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	// Lags that differ only because shards are measured one after another do not change the order.
	for n := range behind {
		behind[n] = 60_000 + int64(n*37%400)
	}
	lines = frameOf(80, 23, nil, measuredLag(measuredAt, "orders", behind...))
	if !strings.HasPrefix(lines[2], "shardId-000000000000 ") || !strings.HasPrefix(lines[20], "shardId-000000000018 ") || lines[21] != "381 shards not shown, at most 1m00s behind" {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	two := inspect.LagReport{Time: measuredAt, Streams: append(many.Streams, measuredLag(measuredAt, "payments", behind[:7]...).Streams...)}
	notes := []string{strings.Repeat("x", 300), "y"}
	for width := 1; width < 130; width += 3 {
		for height := 1; height < 60; height++ {
			for _, measured := range []inspect.LagReport{many, two} {
				lines := frameOf(width, height, notes, measured)
				for _, line := range lines {
					if n := utf8.RuneCountInString(line); n > width {
						t.Fatalf("%d columns of %d: %q", n, width, line)
					}
				}
				if len(lines) > height {
					t.Fatalf("%d lines of %d", len(lines), height)
				}
			}
		}
	}
}

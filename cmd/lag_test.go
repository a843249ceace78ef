package cmd

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"kin/cmd/internal/console"
	"kin/cmd/internal/report"
	"kin/inspect"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

var measuredAt = time.Date(2026, 11, 22, 10, 0, 0, 123_000_000, time.UTC)

// After failed measurements, the message states whether the connection had failed, or the
// service only throttled.
func TestFault14AWatchReportsWhyMeasurementsHadFailed(t *testing.T) {
	throttled := &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException"}
	limited := &smithy.GenericAPIError{Code: "LimitExceededException"}
	unreachable := errors.New("no route to host")
	for _, test := range []struct {
		name  string
		fails []error
		want  string
	}{
		{"throttled", []error{throttled, limited}, "kin: reading again after "},
		{"no connection", []error{unreachable}, "kin: connected again after "},
		{"no connection, then throttled", []error{unreachable, throttled}, "kin: connected again after "},
		{"throttled, then no connection", []error{throttled, unreachable}, "kin: connected again after "},
	} {
		t.Run(test.name, func(t *testing.T) {
			var data, messages bytes.Buffer
			w := &watcher{e: newEnv(console.Streams{Out: &data, Err: &messages}), o: &lagOptions{output: report.LagJSON}}
			out, _, err := w.e.OpenStdout(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			looks := []error{nil}
			for _, err := range test.fails {
				looks = append(looks, &service.GaveUpError{After: 30 * time.Second, Err: err})
			}
			for _, err := range append(looks, nil, &service.GaveUpError{After: 30 * time.Second, Err: throttled}, nil) {
				if err := w.handle(t.Context(), measuredLag(measuredAt, "orders", 5), err, out); err != nil {
					t.Fatal(err)
				}
			}
			w.e.Stderr.Flush()
			var again []string
			for line := range strings.Lines(messages.String()) {
				if strings.Contains(line, " again after ") {
					again = append(again, line)
				}
			}
			if len(again) != 2 || !strings.HasPrefix(again[0], test.want) || !strings.HasPrefix(again[1], "kin: reading again after ") {
				t.Errorf("printed %q, want %q, and then a message about throttling", again, test.want)
			}
		})
	}
}

// A measurement that gave up ends a watch only if it is the first. A permanent error always
// ends it.
func TestOnlyTheFirstMeasurementThatGivesUpEndsAWatch(t *testing.T) {
	for _, test := range []struct {
		name           string
		printed, stays bool
		err            error
	}{
		{"the first one", false, false, &service.GaveUpError{After: 30 * time.Second, Err: errors.New("no route to host")}},
		{"a later one", true, true, &service.GaveUpError{After: 30 * time.Second, Err: errors.New("no route to host")}},
		{"another stream of that name", true, false, &reader.CheckpointError{Stream: "orders", Reason: "it was created again"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var data, messages bytes.Buffer
			w := &watcher{e: newEnv(console.Streams{Out: &data, Err: &messages}), o: &lagOptions{output: report.LagJSON}}
			out, _, err := w.e.OpenStdout(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			if test.printed {
				if err := w.handle(t.Context(), measuredLag(measuredAt, "orders", 5), nil, out); err != nil {
					t.Fatal(err)
				}
			}
			err = w.handle(t.Context(), inspect.LagReport{}, test.err, out)
			w.e.Stderr.Flush()
			if stays := err == nil; stays != test.stays || stays != strings.Contains(messages.String(), "kin: gave up after 30s: no route to host\n") {
				t.Errorf("%v, printed %q", err, messages.String())
			}
			if n := strings.Count(data.String(), "\n"); n == 1 != test.printed {
				t.Errorf("printed %q", data.String())
			}
		})
	}
}

// measuredLag is a measurement of a stream with one shard, whose lag is behind milliseconds.
func measuredLag(at time.Time, stream string, behind int64) inspect.LagReport {
	shard := inspect.ShardReport{ShardID: "shardId-000000000000", State: inspect.Reading, MillisBehindLatest: behind,
		Position: checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}}
	lag := reader.StreamLag{Shards: 1, Avg: float64(behind), Max: behind}
	return inspect.LagReport{Time: at, Streams: []inspect.StreamReport{{Stream: stream, Lag: lag, Shards: []inspect.ShardReport{shard}}}}
}

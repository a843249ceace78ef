package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kin/cmd/internal/console"
	"kin/internal/await"
	"kin/internal/record"
	"kin/reader"
)

// MetricsWriter writes a run's progress, a JSON line for each observation, in
// the shape of a streaming query's progress.
type MetricsWriter struct {
	// out appends a line. It ends with ctx, also while nobody takes the line.
	out   func(ctx context.Context, line []byte) error
	Close func() error
	runID string
}

// OpenMetrics opens what --metrics names: a file, which is appended to, or -
// for stderr. It waits for the reader of a FIFO until ctx ends.
func OpenMetrics(ctx context.Context, c *console.Console, path string) (*MetricsWriter, error) {
	m := &MetricsWriter{
		out:   func(ctx context.Context, line []byte) error { return c.Stderr.WriteData(ctx, string(line)) },
		Close: func() error { return nil }, runID: uuid.NewString(),
	}
	if path == "-" {
		return m, nil
	}
	f, err := await.OpenFile(ctx, path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) // metrics are for others to read
	if err != nil {
		return nil, err
	}
	m.Close = f.Close
	m.out = func(ctx context.Context, line []byte) error {
		_, err := await.Do(ctx, func() (int, error) { return f.Write(line) }, func(int) {})
		return err
	}
	return m, nil
}

// queryProgress is the JSON line.
type queryProgress struct {
	ID                 string           `json:"id"`
	RunID              string           `json:"runId"`
	Timestamp          record.Time      `json:"timestamp"`
	BatchID            int64            `json:"batchId"`
	NumInputRows       int              `json:"numInputRows"`
	InputRowsPerSecond float64          `json:"inputRowsPerSecond"`
	Sources            []sourceProgress `json:"sources"`
}

type sourceProgress struct {
	Description string         `json:"description"`
	Metrics     *sourceMetrics `json:"metrics,omitempty"`
}

// sourceMetrics are text, as the connector has them.
type sourceMetrics struct {
	Avg string `json:"avgMsBehindLatest"`
	Max string `json:"maxMsBehindLatest"`
	Min string `json:"minMsBehindLatest"`
}

// Observer returns what writes a run's metrics. A signal that ends run, and the end of
// the run's time where it has one, which counts from began, end its wait for whoever reads them.
func Observer(run context.Context, m *MetricsWriter, began time.Time, timeout time.Duration) func(reader.Observation) error {
	end := began.Add(timeout)
	return func(o reader.Observation) error {
		ctx := run
		if timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadlineCause(run, end, &reader.TimeoutError{After: timeout, Err: errMetricsBlocked})
			defer cancel()
		}
		return m.Write(ctx, o)
	}
}

// errMetricsBlocked says what a run waited for when its time was over.
var errMetricsBlocked = errors.New("nothing reads the --metrics file, and its last line is lost")

// Write appends the line of one observation. It waits for whoever reads the metrics,
// until ctx ends; its error is then the cause of that.
func (m *MetricsWriter) Write(ctx context.Context, o reader.Observation) error {
	line := queryProgress{
		ID: o.QueryID, RunID: m.runID, Timestamp: record.Time{Time: o.Time}, BatchID: o.BatchID,
		NumInputRows: o.Records, InputRowsPerSecond: o.Rate,
	}
	for _, s := range o.Streams {
		source := sourceProgress{Description: "KinesisV2[" + s.Stream + "]"}
		if s.Shards > 0 {
			source.Metrics = &sourceMetrics{Avg: javaDouble(s.Avg), Max: strconv.FormatInt(s.Max, 10), Min: strconv.FormatInt(s.Min, 10)}
		}
		line.Sources = append(line.Sources, source)
	}
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if err := m.out(ctx, append(b, '\n')); ctx.Err() != nil && err != nil {
		return context.Cause(ctx)
	} else if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

// javaDouble prints 32000 as 32000.0.
func javaDouble(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

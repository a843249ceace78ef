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

// MetricsWriter writes a JSON line for each observation of a run. Its form is that of a
// Spark streaming query's progress.
type MetricsWriter struct {
	// out appends a line. It returns when ctx ends, even if the line is not written yet.
	out   func(ctx context.Context, line []byte) error
	Close func() error
	runID string
}

// OpenMetrics opens the file of --metrics for appending; - is stderr. If the file is a
// FIFO, it waits for a reader until ctx ends. The caller has to call Close.
func OpenMetrics(ctx context.Context, c *console.Console, path string) (*MetricsWriter, error) {
	m := &MetricsWriter{
		out:   func(ctx context.Context, line []byte) error { return c.Stderr.WriteData(ctx, string(line)) },
		Close: func() error { return nil }, runID: uuid.NewString(),
	}
	if path == "-" {
		return m, nil
	}
	f, err := await.OpenFile(ctx, path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) // other users may read metrics
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

// queryProgress is a line of --metrics.
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

// sourceMetrics has numbers as text, as in the connector.
type sourceMetrics struct {
	Avg string `json:"avgMsBehindLatest"`
	Max string `json:"maxMsBehindLatest"`
	Min string `json:"minMsBehindLatest"`
}

// Observer returns a function that writes a run's metrics. If nobody reads them, a write
// waits until run ends or the timeout is over. The timeout counts from began; 0 means none.
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

// errMetricsBlocked is the reason of a time-out while a run waited for the reader of its
// metrics.
var errMetricsBlocked = errors.New("nothing reads the --metrics file, and its last line is lost")

// Write appends the line of one observation. If nobody reads the metrics, it waits until
// ctx ends, and returns its cause.
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

// javaDouble formats a number as Java does: 32000 is 32000.0.
func javaDouble(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

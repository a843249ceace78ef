package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kin/internal/checkpoint"
	"kin/reader"
)

// metricsWriter writes a run's progress, a JSON line for each observation, in
// the shape of a streaming query's progress.
type metricsWriter struct {
	w     io.Writer
	close func() error
	runID string
}

// openMetrics opens what --metrics names: a file, which is appended to, or -
// for stderr. It waits for the reader of a FIFO until ctx ends.
func (e *env) openMetrics(ctx context.Context, path string) (*metricsWriter, error) {
	m := &metricsWriter{w: e.stderr, close: func() error { return nil }, runID: uuid.NewString()}
	if path == "-" {
		return m, nil
	}
	f, err := openFile(ctx, path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) // metrics are for others to read
	if err != nil {
		return nil, err
	}
	m.w, m.close = f, f.Close
	return m, nil
}

// queryProgress is the JSON line.
type queryProgress struct {
	ID                 string           `json:"id"`
	RunID              string           `json:"runId"`
	Timestamp          checkpoint.Time  `json:"timestamp"`
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

// write appends the line of one observation.
func (m *metricsWriter) write(o reader.Observation) error {
	line := queryProgress{
		ID: o.QueryID, RunID: m.runID, Timestamp: checkpoint.Time{Time: o.Time}, BatchID: o.BatchID,
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
	if _, err := m.w.Write(append(b, '\n')); err != nil {
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

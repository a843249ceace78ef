package report

import (
	"context"
	"encoding/json"
	"errors"

	"kin/cmd/internal/console"
	"kin/writer"
)

// reportLine is a line of --report or --dry-run.
type reportLine struct {
	Record            int64  `json:"record"`
	ShardID           string `json:"shardId,omitempty"`
	SequenceNumber    string `json:"sequenceNumber,omitempty"`
	SubSequenceNumber *int   `json:"subSequenceNumber,omitempty"`
	Size              *int   `json:"size,omitempty"`
	ErrorCode         string `json:"errorCode,omitempty"`
	ErrorMessage      string `json:"errorMessage,omitempty"`
}

// ErrReportClosed means that nobody reads the report any more. The records that were read
// are still written, but the missing report is a failure.
var ErrReportClosed = errors.New("stdout was closed: nobody reads the report")

// Written prints the results of a run in the order of the input.
type Written struct{ Out *console.Stdout }

// OpenWritten opens stdout for a report. The returned context ends when the reader closes
// stdout. The caller has to close Out.
func OpenWritten(ctx context.Context, c *console.Console) (*Written, context.Context, error) {
	out, watched, err := c.OpenStdout(ctx, false)
	return &Written{out}, watched, err
}

// Results prints what happened to records, and flushes.
func (r *Written) Results(results []writer.Result) error {
	for _, one := range results {
		if err := r.line(reportLine{
			Record: one.Record, ShardID: one.ShardID, SequenceNumber: one.SequenceNumber, SubSequenceNumber: one.SubSequenceNumber,
			ErrorCode: one.ErrorCode, ErrorMessage: one.ErrorMessage,
		}); err != nil {
			return err
		}
	}
	return r.Flush()
}

// Preview prints what would happen to a record, without flushing.
func (r *Written) Preview(p writer.Preview) error {
	l := reportLine{Record: p.Record, ShardID: p.ShardID, ErrorCode: p.ErrorCode, ErrorMessage: p.ErrorMessage}
	if p.ErrorCode == "" {
		l.Size = &p.Size
	}
	return r.line(l)
}

func (r *Written) line(l reportLine) error {
	encoder := json.NewEncoder(r.Out)
	encoder.SetEscapeHTML(false)
	return reportError(encoder.Encode(l))
}

// Flush passes what was printed to the kernel.
func (r *Written) Flush() error { return reportError(r.Out.Flush()) }

func reportError(err error) error {
	if errors.Is(err, console.ErrStdoutClosed) {
		return ErrReportClosed
	}
	return err
}

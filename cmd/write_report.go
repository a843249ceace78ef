package cmd

import (
	"context"
	"encoding/json"
	"errors"

	"kin/cmd/internal/console"
	"kin/writer"
)

// reportLine is what --report and --dry-run print about one record.
type reportLine struct {
	Record            int64  `json:"record"`
	ShardID           string `json:"shardId,omitempty"`
	SequenceNumber    string `json:"sequenceNumber,omitempty"`
	SubSequenceNumber *int   `json:"subSequenceNumber,omitempty"`
	Size              *int   `json:"size,omitempty"`
	ErrorCode         string `json:"errorCode,omitempty"`
	ErrorMessage      string `json:"errorMessage,omitempty"`
}

// errReportClosed means that nobody reads the report any more. What was read
// is written all the same; that nobody hears of it is a failure.
var errReportClosed = errors.New("stdout was closed: nobody reads the report")

// report prints the results of a run, in the order of the input.
type report struct{ out *console.Stdout }

// openReport takes stdout. The context it returns ends when nobody reads it.
func (e *env) openReport(ctx context.Context) (*report, context.Context, error) {
	out, watched, err := e.OpenStdout(ctx, false)
	return &report{out}, watched, err
}

// results prints what became of records.
func (r *report) results(results []writer.Result) error {
	for _, one := range results {
		if err := r.print(reportLine{
			Record: one.Record, ShardID: one.ShardID, SequenceNumber: one.SequenceNumber, SubSequenceNumber: one.SubSequenceNumber,
			ErrorCode: one.ErrorCode, ErrorMessage: one.ErrorMessage,
		}); err != nil {
			return err
		}
	}
	return r.flush()
}

// preview prints what would become of a record.
func (r *report) preview(p writer.Preview) error {
	line := reportLine{Record: p.Record, ShardID: p.ShardID, ErrorCode: p.ErrorCode, ErrorMessage: p.ErrorMessage}
	if p.ErrorCode == "" {
		line.Size = &p.Size
	}
	return r.print(line)
}

func (r *report) print(line reportLine) error {
	encoder := json.NewEncoder(r.out)
	encoder.SetEscapeHTML(false)
	return reportError(encoder.Encode(line))
}

func (r *report) flush() error { return reportError(r.out.Flush()) }

func reportError(err error) error {
	if errors.Is(err, console.ErrStdoutClosed) {
		return errReportClosed
	}
	return err
}

package writer

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
)

// The service's limits of a request. The margin is there because requests of a
// few bytes less than 5 MiB were seen refused (fluent-bit#21).
const (
	requestRecords    = 500
	requestBytes      = 10<<20 - requestMargin
	requestBytesOfOld = 5<<20 - requestMargin // endpoints from before October 2025
	requestMargin     = 16 << 10
)

// defaultRecordLimit holds for streams whose own limit is not known.
const defaultRecordLimit = 1 << 20

// recordLimit asks for the stream's record limit in bytes. It is the first
// call of a run, so it finds out whether the stream is there and the service
// can be reached. A stream that may be written but not described, and an
// endpoint that does not know the call, leave the limit at its default.
func (w *Writer) recordLimit(ctx context.Context) (int, error) {
	began := time.Now()
	most := startTimeout
	if w.o.RetryFor > 0 {
		most = min(most, w.o.RetryFor)
	}
	start, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for wait := (backoff{}); ; {
		out, err := w.describe(start)
		if err == nil {
			return limitOf(out), nil
		}
		failed := &CallError{Call: "DescribeStreamSummary", Stream: w.o.Stream, Err: err}
		v := classify(err)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case v == notFound, v == fatal:
			return 0, failed
		case v != again && v != unsure:
			w.o.Log.DebugContext(ctx, "stream cannot be described", "stream", w.o.Stream, "error", err)
			return defaultRecordLimit, nil
		}
		w.o.Log.DebugContext(ctx, "call failed", "call", failed.Call, "stream", w.o.Stream, "attempt", wait.attempts+1, "error", err)
		if sleep(start, wait.next()) == nil {
			continue
		}
		var api smithy.APIError
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case v == again && errors.As(err, &api):
			return defaultRecordLimit, nil // throttled, but it is there
		}
		return 0, &GaveUpError{time.Since(began), failed}
	}
}

func (w *Writer) describe(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, startAttempt)
	defer cancel()
	in := &kinesis.DescribeStreamSummaryInput{}
	in.StreamName, in.StreamARN = nameOrARN(w.o.Stream)
	return w.client.DescribeStreamSummary(ctx, in)
}

func limitOf(out *kinesis.DescribeStreamSummaryOutput) int {
	if out == nil || out.StreamDescriptionSummary == nil {
		return defaultRecordLimit
	}
	kib := out.StreamDescriptionSummary.MaxRecordSizeInKiB
	if kib == nil || *kib <= 0 {
		return defaultRecordLimit
	}
	return int(*kib) << 10
}

// nameOrARN tells a stream's name from its ARN; one of the results is nil.
func nameOrARN(stream string) (name, arn *string) {
	if strings.HasPrefix(stream, "arn:") {
		return nil, &stream
	}
	return &stream, nil
}

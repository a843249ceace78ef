package efo

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
)

// StreamClient has the call of FindStream; service.Client implements it.
type StreamClient interface {
	DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error)
}

// FindStream returns the ARN of a stream, given its name or ARN. Calls about consumers require the
// ARN. An ARN is returned unchanged, without a call. Errors are *service.GaveUpError after 30 s of
// retries, and *service.CallError.
func FindStream(ctx context.Context, client StreamClient, stream string, log *slog.Logger) (string, error) {
	return FindStreamWithin(ctx, client, stream, service.StartTimeout, nil, log)
}

// FindStreamWithin is FindStream with another time limit for the retries; the maximum is 30 s.
// report is called with a message if the call has failed or has had no answer for 5 s; nil reports
// nothing.
func FindStreamWithin(ctx context.Context, client StreamClient, stream string, within time.Duration, report func(string), log *slog.Logger) (string, error) {
	if record.ParseStream(stream).ARN != "" {
		return stream, nil
	}
	failed := func(err error) error {
		return &service.CallError{Call: "DescribeStreamSummary", Stream: stream, Err: err}
	}
	out, err := service.RetryRead(ctx, service.NewRetries(report, log), within, failed, func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
		out, err := client.DescribeStreamSummary(ctx, &service.DescribeStreamSummaryInput{StreamName: stream})
		if err == nil {
			err = validate.Summary(stream, out.StreamDescriptionSummary)
		}
		if err != nil {
			err = failed(err)
		}
		return out, err
	})
	if err != nil {
		return "", err
	}
	switch s := out.StreamDescriptionSummary; {
	case s == nil:
		return "", failed(validate.ErrNoSummary)
	case aws.ToString(s.StreamARN) == "":
		return "", failed(errors.New("the answer has no ARN"))
	default:
		return *s.StreamARN, nil
	}
}

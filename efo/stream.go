package efo

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/validate"
)

// StreamName is the name of a stream that is given by name or ARN, empty if it
// is neither. A stream's name is written like a consumer's.
func StreamName(stream string) string {
	if m := streamARN.FindStringSubmatch(stream); m != nil {
		return m[1]
	}
	if consumerName.MatchString(stream) {
		return stream
	}
	return ""
}

// StreamClient is what FindStream calls; kinesis.Client is one.
type StreamClient interface {
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
}

// FindStream returns the ARN of a stream that is given by name or ARN: calls
// about consumers take nothing else. An ARN is taken at its word, without a
// call. Errors are *reader.GaveUpError after 30 s of retries, and *CallError.
func FindStream(ctx context.Context, client StreamClient, stream string, log *slog.Logger) (string, error) {
	return FindStreamWithin(ctx, client, stream, startTimeout, log)
}

// FindStreamWithin is FindStream with another time for the retries; 30 s is the most.
func FindStreamWithin(ctx context.Context, client StreamClient, stream string, within time.Duration, log *slog.Logger) (string, error) {
	if strings.HasPrefix(stream, "arn:") {
		return stream, nil
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	out, err := patiently(ctx, log, time.Now().Add(min(within, startTimeout)), func(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
		out, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(stream)})
		if err == nil {
			err = validate.Summary(stream, out.StreamDescriptionSummary)
		}
		if err != nil {
			err = &CallError{Call: "DescribeStreamSummary", Stream: stream, Err: err}
		}
		return out, err
	})
	if err != nil {
		return "", err
	}
	if s := out.StreamDescriptionSummary; s != nil && aws.ToString(s.StreamARN) != "" {
		return *s.StreamARN, nil
	}
	return "", &CallError{Call: "DescribeStreamSummary", Stream: stream, Err: errors.New("the answer has no ARN")}
}

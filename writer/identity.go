package writer

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/internal/validate"
)

// IgnoresHashKeys reports whether a stream distributes its records itself, by the
// strategy AUTO. A stream that may not be described counts as one that does not. report is
// as in HashKeyOf.
func IgnoresHashKeys(ctx context.Context, client PlaceClient, stream string, report func(string)) (bool, error) {
	summary, err := describeStream(ctx, client, stream, report)
	return summary != nil && summary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto, err
}

// Identity is what distinguishes a stream from others of its name: its ARN, and when it
// was created. Both are zero if the stream may not be described. report is as in HashKeyOf.
func Identity(ctx context.Context, client PlaceClient, stream string, report func(string)) (arn string, created time.Time, err error) {
	summary, err := describeStream(ctx, client, stream, report)
	if summary == nil {
		return "", time.Time{}, err
	}
	return aws.ToString(summary.StreamARN), aws.ToTime(summary.StreamCreationTimestamp), nil
}

// describeStream returns nil for a stream that may not be described.
func describeStream(ctx context.Context, client PlaceClient, stream string, report func(string)) (*types.StreamDescriptionSummary, error) {
	var out *service.DescribeStreamSummaryOutput
	err := atStart(ctx, "DescribeStreamSummary", stream, report, onePage(func(ctx context.Context) (err error) {
		out, err = describe(ctx, client, stream)
		if err == nil {
			err = validate.Summary(stream, out.StreamDescriptionSummary)
		}
		return err
	}))
	if v := classify(err); err != nil && v != denied && v != unknownCode {
		return nil, err
	}
	switch {
	case out == nil:
		return nil, nil
	case err == nil && out.StreamDescriptionSummary == nil:
		return nil, &CallError{Call: "DescribeStreamSummary", Stream: stream, Err: validate.ErrNoSummary}
	}
	return out.StreamDescriptionSummary, nil
}

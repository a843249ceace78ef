package writer

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/internal/validate"
)

// IgnoresHashKeys reports whether a stream has the record distribution strategy AUTO. It returns
// false if the caller may not describe the stream. report is as in HashKeyOf. Errors are
// *CallError, *GaveUpError after 30 s of retries, and the cause of ctx or a
// *service.InterruptedError with it.
func IgnoresHashKeys(ctx context.Context, client MetadataClient, stream string, report func(string)) (bool, error) {
	summary, err := describeStream(ctx, client, stream, report)
	return summary != nil && summary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto, err
}

// Identity returns the ARN and the creation time of a stream. They distinguish it from
// other streams of its name. Both are zero if the caller may not describe the stream.
// report and errors are as in IgnoresHashKeys.
func Identity(ctx context.Context, client MetadataClient, stream string, report func(string)) (arn string, created time.Time, err error) {
	summary, err := describeStream(ctx, client, stream, report)
	if summary == nil {
		return "", time.Time{}, err
	}
	return aws.ToString(summary.StreamARN), aws.ToTime(summary.StreamCreationTimestamp), nil
}

// describeStream returns nil if the caller may not describe the stream.
func describeStream(ctx context.Context, client MetadataClient, stream string, report func(string)) (*types.StreamDescriptionSummary, error) {
	var out *service.DescribeStreamSummaryOutput
	err := retryAtStart(ctx, "DescribeStreamSummary", stream, report, onePage(func(ctx context.Context) (err error) {
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

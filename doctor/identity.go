package doctor

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/validate"
	"kin/reader"
)

// Identified finds out a stream's ARN and describes it, for a policy. A stream
// that may not be described has no summary; then the ARN is the one given, or
// that of a stream of this name in the caller's account, and undescribed says why.
// Errors are those of reader.DescribeStream.
func Identified(ctx context.Context, client reader.Client, o Options) (arn string, summary *types.StreamDescriptionSummary, undescribed, err error) {
	summary, err = reader.DescribeStream(ctx, reader.NewAsker(client, o.Info, o.Log), o.Stream)
	undescribed = err
	switch {
	case err == nil && summary != nil && aws.ToString(summary.StreamARN) != "":
		return *summary.StreamARN, summary, nil, nil
	case err != nil && reading(err) != denied && !errors.Is(err, validate.ErrNoSummary):
		return "", nil, nil, err
	case record.ParseStream(o.Stream).ARN != "":
		return o.Stream, summary, undescribed, nil
	}
	who, whoErr := o.Identify(ctx)
	if arn = arnIn(who, o.Region, o.Stream); whoErr == nil && arn != "" {
		return arn, summary, undescribed, nil
	}
	if err == nil {
		err = errors.New("the endpoint returned no ARN of the stream: give the ARN in place of the name")
	}
	return "", nil, nil, err
}

// arnIn is the ARN of a stream of the caller's own account.
func arnIn(who Identity, region, stream string) string {
	parts := strings.Split(who.ARN, ":")
	if len(parts) < 2 || who.Account == "" {
		return ""
	}
	return "arn:" + parts[1] + ":kinesis:" + region + ":" + who.Account + ":stream/" + stream
}

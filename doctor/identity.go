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

// Identified returns the ARN and the description of a stream, for a policy. If the caller may not
// describe the stream, summary is nil and undescribed is the reason. The ARN is then the given one,
// or that of a stream of this name in the caller's account. Errors are those of
// reader.DescribeStream.
func Identified(ctx context.Context, client reader.Client, o Options) (arn string, summary *types.StreamDescriptionSummary, undescribed, err error) {
	summary, err = reader.DescribeStream(ctx, reader.NewAsker(client, o.Info, o.Log), o.Stream)
	undescribed = err
	switch {
	case err == nil && summary != nil && aws.ToString(summary.StreamARN) != "":
		return *summary.StreamARN, summary, nil, nil
	case err != nil && classify(err) != denied && !errors.Is(err, validate.ErrNoSummary):
		return "", nil, nil, err
	case record.ParseStream(o.Stream).ARN != "":
		return o.Stream, summary, undescribed, nil
	}
	who, whoErr := o.Identify(ctx)
	if arn = accountStreamARN(who, o.Region, o.Stream); whoErr == nil && arn != "" {
		return arn, summary, undescribed, nil
	}
	if err == nil {
		err = errors.New("the endpoint returned no ARN of the stream: use the ARN instead of the name")
	}
	return "", nil, nil, err
}

// accountStreamARN returns the ARN of a stream of this name in the caller's account; empty if the
// account is unknown.
func accountStreamARN(who Identity, region, stream string) string {
	parts := strings.Split(who.ARN, ":")
	if len(parts) < 2 || who.Account == "" {
		return ""
	}
	return "arn:" + parts[1] + ":kinesis:" + region + ":" + who.Account + ":stream/" + stream
}

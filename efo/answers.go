package efo

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/servertime"
	"kin/internal/validate"
	"kin/reader"
)

// check checks an event before anything of it is used.
func (s *source) check(event *types.SubscribeToShardEvent) error {
	err := s.Check(&reader.Response{
		Records: event.Records, MillisBehindLatest: event.MillisBehindLatest, Continuation: aws.ToString(event.ContinuationSequenceNumber),
	})
	if err != nil {
		return s.Error("SubscribeToShard", err)
	}
	return nil
}

// checkConsumer checks what an answer says of a consumer. kin decides by its
// name and its age whether to remove it, and removes it by its ARN. asked is how the
// call named the consumer; empty in a list.
func checkConsumer(asked ID, name, arn *string, created *time.Time) error {
	_, instance, isConsumer := strings.Cut(aws.ToString(arn), "/consumer/")
	switch {
	case !consumerName.MatchString(aws.ToString(name)):
		return &validate.Error{Reason: fmt.Sprintf("%.60q is not the name of a consumer", aws.ToString(name))}
	case !strings.HasPrefix(aws.ToString(arn), "arn:"), isConsumer && !strings.HasPrefix(instance, *name+":"):
		return &validate.Error{Reason: fmt.Sprintf("%.200q is not the ARN of consumer %s", aws.ToString(arn), *name)}
	case asked != "" && asked.Name() != *name, asked.isARN() && string(asked) != *arn:
		return &validate.Error{Reason: fmt.Sprintf("it is about consumer %s, not %s", *arn, asked)}
	case created != nil && !servertime.Plausible(*created):
		return &validate.Error{Reason: fmt.Sprintf("the registration time of consumer %s is out of range", *name)}
	}
	return nil
}

func checkDescription(asked ID, d *types.ConsumerDescription) error {
	if d == nil {
		return &validate.Error{Reason: "it has no consumer"}
	}
	return checkConsumer(asked, d.ConsumerName, d.ConsumerARN, d.ConsumerCreationTimestamp)
}

func checkRegistration(asked ID, c *types.Consumer) error {
	if c == nil {
		return &validate.Error{Reason: "it has no consumer"}
	}
	return checkConsumer(asked, c.ConsumerName, c.ConsumerARN, c.ConsumerCreationTimestamp)
}

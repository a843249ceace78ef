package doctor

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"

	"kin/efo"
	"kin/internal/service"
)

// isNeeded reports whether the permission for a call is to be checked.
func (e *examination) isNeeded(call string) bool {
	return len(e.o.Needs) == 0 || slices.ContainsFunc(e.o.Needs, func(n Need) bool { return slices.Contains(n.calls(), call) })
}

// addPermission adds the check of a call's permission from the result of the call. severity is the
// status of a denial.
func (e *examination) addPermission(call string, err error, severity Status) {
	if !e.isNeeded(call) {
		return
	}
	if reason := invalidAnswer(err); reason != "" {
		e.report.add(call, Fail, reason, invalidAnswerAdvice)
		return
	}
	switch classify(err) {
	case dryRun:
		e.report.add(call, OK, "allowed (dry run)", "")
	case allowed:
		e.report.add(call, OK, "allowed", "")
	case denied:
		e.report.add(call, severity, "denied: "+brief(err), e.allow(call))
	case keyDenied:
		e.report.add(call, severity, "the caller may not use the stream's key: "+brief(err), e.allowKey(call))
	case keyUnsubscribed:
		e.report.add(call, severity, "the account may not use the stream's key: "+brief(err), "subscribe the account to AWS KMS")
	case keyUnusable:
		e.report.add(call, severity, "the stream's key cannot be used: "+brief(err), "enable the key, or encrypt the stream with another key")
	case busy:
		e.report.add(call, Warn, "not completed: "+brief(err), "try again; other readers or writers may use up the limit")
	case unsupported:
		e.report.add(call, Skipped, "this endpoint does not know the call", "")
	default:
		e.report.add(call, Warn, "unknown: "+brief(err), "try again with --debug")
	}
}

// allow returns advice with the policy that has the permission.
func (e *examination) allow(call string) string {
	for _, n := range Needs() {
		if slices.Contains(n.streamCalls(), call) || slices.Contains(n.consumerCalls(), call) {
			return "allow kinesis:" + call + " (kin doctor " + e.o.Stream + " --policy " + string(n) + ")"
		}
	}
	return "allow kinesis:" + call
}

// allowKey returns advice with the policy that has the permission for the stream's key.
func (e *examination) allowKey(call string) string {
	action, need := keyCall(NeedRead), NeedRead
	switch call {
	case "PutRecords":
		action, need = keyCall(NeedWrite), NeedWrite
	case "SubscribeToShard":
		need = NeedEFO
	}
	return "allow kms:" + action + " on the key, in an IAM policy (kin doctor " + e.o.Stream + " --policy " + string(need) + ") or in the key policy"
}

func (e *examination) skip(call, reason string) {
	if e.isNeeded(call) {
		e.report.add(call, Skipped, reason, "")
	}
}

// readCalls tries GetShardIterator and GetRecords with dry runs.
func (e *examination) readCalls(ctx context.Context) {
	if len(e.shards) == 0 {
		e.skip("GetShardIterator", "not tried: no shard is known")
		e.skip("GetRecords", "not tried: no shard is known")
		return
	}
	in := service.GetShardIteratorInput{
		StreamName: e.stream.ByName(), StreamARN: e.stream.ARN, ShardID: aws.ToString(e.shards[0].ShardId),
		ShardIteratorType: types.ShardIteratorTypeLatest, DryRun: true,
	}
	out, err := withRetries(ctx, e, func(ctx context.Context) (*service.GetShardIteratorOutput, error) {
		return e.client.GetShardIterator(ctx, &in)
	})
	e.addPermission("GetShardIterator", err, Fail)
	e.dryRuns = classify(err) == dryRun
	if e.dryRuns { // a dry run of GetRecords needs a real iterator
		in.DryRun = false
		out, err = withRetries(ctx, e, func(ctx context.Context) (*service.GetShardIteratorOutput, error) {
			return e.client.GetShardIterator(ctx, &in)
		})
	}
	if err != nil {
		e.skip("GetRecords", "not tried: there is no shard iterator to try it with")
		return
	}
	_, err = withRetries(ctx, e, func(ctx context.Context) (*service.GetRecordsOutput, error) {
		return e.client.GetRecords(ctx, &service.GetRecordsInput{ShardIterator: out.ShardIterator, StreamARN: e.stream.ARN, Limit: 1, DryRun: true})
	})
	e.addPermission("GetRecords", err, Fail)
}

// writeCalls tries PutRecords with a dry run, if the endpoint certainly supports one.
func (e *examination) writeCalls(ctx context.Context) {
	if !e.isNeeded("PutRecords") {
		return
	}
	if e.o.Foreign && !e.dryRuns {
		e.skip("PutRecords", "not tried: this endpoint may ignore the dry run and write a record")
		return
	}
	_, err := withRetries(ctx, e, func(ctx context.Context) (*service.PutRecordsOutput, error) {
		return e.client.PutRecords(ctx, &service.PutRecordsInput{
			StreamName: e.stream.ByName(), StreamARN: e.stream.ARN, DryRun: true,
			Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("kin-doctor"), Data: []byte("dry run")}},
		})
	})
	e.addPermission("PutRecords", err, Fail)
}

// consumerCalls tries the calls of enhanced fan-out. ListStreamConsumers lists the consumers. The
// other calls use a consumer that does not exist, so that an allowed call finds nothing. It returns
// the consumers and the service's time, if known.
func (e *examination) consumerCalls(ctx context.Context) (consumers []efo.Consumer, at time.Time) {
	calls := []string{"ListStreamConsumers", "RegisterStreamConsumer", "DescribeStreamConsumer", "SubscribeToShard", "DeregisterStreamConsumer"}
	arn := e.report.ARN
	registry, err := efo.NewRegistry(e.client, efo.RegistryOptions{Stream: e.o.Stream, StreamARN: arn, Log: e.o.Log})
	if err != nil {
		for _, call := range calls {
			e.skip(call, "not tried: the stream's ARN is not known")
		}
		return nil, time.Time{}
	}
	listing, err := registry.List(ctx)
	switch {
	case classify(err) == denied && len(e.o.Needs) > 0: // no need requires it
		e.skip("ListStreamConsumers", "not allowed: only kin consumers list and prune need it; without it the error for a stream with too many consumers does not list them")
	default:
		e.addPermission("ListStreamConsumers", err, Warn)
	}
	e.skip("RegisterStreamConsumer", "not tried: it would register a consumer, which is billed")

	missingConsumer := efo.EphemeralName(e.o.ConsumerPrefix, uuid.New())
	_, err = withRetries(ctx, e, func(ctx context.Context) (*service.DescribeStreamConsumerOutput, error) {
		return e.client.DescribeStreamConsumer(ctx, &service.DescribeStreamConsumerInput{StreamARN: arn, ConsumerName: missingConsumer})
	})
	e.addPermission("DescribeStreamConsumer", ignoreMissing(err), Fail)
	if e.isNeeded("SubscribeToShard") && len(e.shards) > 0 {
		_, err = withRetries(ctx, e, func(ctx context.Context) (struct{}, error) {
			s, err := e.client.SubscribeToShard(ctx, &service.SubscribeToShardInput{
				ConsumerARN: arn + "/consumer/" + missingConsumer + ":1", ShardID: aws.ToString(e.shards[0].ShardId), DryRun: true,
				StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
			})
			if err == nil {
				s.Close()
			}
			return struct{}{}, err
		})
		e.addPermission("SubscribeToShard", ignoreMissing(err), Fail)
	} else {
		e.skip("SubscribeToShard", "not tried: no shard is known")
	}
	_, err = withRetries(ctx, e, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, e.client.DeregisterStreamConsumer(ctx, &service.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: missingConsumer})
	})
	e.addPermission("DeregisterStreamConsumer", ignoreMissing(err), Fail)
	return listing.Consumers, listing.At
}

// ignoreMissing returns nil if the consumer does not exist: the call was allowed.
func ignoreMissing(err error) error {
	if classify(err) == missing {
		return nil
	}
	return err
}

// leftoverAfter is the age from which an ephemeral consumer was probably left by a killed run.
const leftoverAfter = time.Hour

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

// needed says whether the permission for a call is one of those to be tried.
func (e *examination) needed(call string) bool {
	return len(e.o.Needs) == 0 || slices.ContainsFunc(e.o.Needs, func(n Need) bool { return slices.Contains(n.calls(), call) })
}

// tried adds the check of a call's permission, by what came of trying it. harm
// is the status of a refusal.
func (e *examination) tried(call string, err error, harm Status) {
	if !e.needed(call) {
		return
	}
	if reason := wrong(err); reason != "" {
		e.report.add(call, Fail, reason, wrongAdvice)
		return
	}
	switch reading(err) {
	case dryRun:
		e.report.add(call, OK, "allowed (a dry run)", "")
	case allowed:
		e.report.add(call, OK, "allowed", "")
	case denied:
		e.report.add(call, harm, "denied: "+brief(err), e.allow(call))
	case keyDenied:
		e.report.add(call, harm, "the key of the stream may not be used: "+brief(err), e.allowKey(call))
	case keyUnsubscribed:
		e.report.add(call, harm, "the key of the stream may not be used: "+brief(err), "subscribe the account to AWS KMS")
	case keyUnusable:
		e.report.add(call, harm, "the key of the stream cannot be used: "+brief(err), "enable the key, or encrypt the stream with another")
	case busy:
		e.report.add(call, Warn, "not completed: "+brief(err), "try again; other readers or writers may use up the limit")
	case unheard:
		e.report.add(call, Skipped, "this endpoint does not know the call", "")
	default:
		e.report.add(call, Warn, "not known: "+brief(err), "try again with --debug")
	}
}

// allow says which policy has a permission.
func (e *examination) allow(call string) string {
	for _, n := range Needs() {
		if slices.Contains(n.streamCalls(), call) || slices.Contains(n.consumerCalls(), call) {
			return "allow kinesis:" + call + " (kin doctor " + e.o.Stream + " --policy " + string(n) + ")"
		}
	}
	return "allow kinesis:" + call
}

// allowKey says which policy has the permission for the stream's key that a call
// wants.
func (e *examination) allowKey(call string) string {
	action, need := keyCall(NeedRead), NeedRead
	switch call {
	case "PutRecords":
		action, need = keyCall(NeedWrite), NeedWrite
	case "SubscribeToShard":
		need = NeedEFO
	}
	return "allow kms:" + action + " on it, in an IAM policy (kin doctor " + e.o.Stream + " --policy " + string(need) + ") or the key's own"
}

func (e *examination) skip(call, reason string) {
	if e.needed(call) {
		e.report.add(call, Skipped, reason, "")
	}
}

// readCalls tries GetShardIterator and GetRecords, both by dry runs.
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
	out, err := reach(ctx, e, func(ctx context.Context) (*service.GetShardIteratorOutput, error) {
		return e.client.GetShardIterator(ctx, &in)
	})
	e.tried("GetShardIterator", err, Fail)
	e.dryRuns = reading(err) == dryRun
	if e.dryRuns { // a dry run of GetRecords wants an iterator, which is no dry run
		in.DryRun = false
		out, err = reach(ctx, e, func(ctx context.Context) (*service.GetShardIteratorOutput, error) {
			return e.client.GetShardIterator(ctx, &in)
		})
	}
	if err != nil {
		e.skip("GetRecords", "not tried: there is no shard iterator to try it with")
		return
	}
	_, err = reach(ctx, e, func(ctx context.Context) (*service.GetRecordsOutput, error) {
		return e.client.GetRecords(ctx, &service.GetRecordsInput{ShardIterator: out.ShardIterator, StreamARN: e.stream.ARN, Limit: 1, DryRun: true})
	})
	e.tried("GetRecords", err, Fail)
}

// writeCalls tries PutRecords by a dry run, where that is sure to be one.
func (e *examination) writeCalls(ctx context.Context) {
	if !e.needed("PutRecords") {
		return
	}
	if e.o.Foreign && !e.dryRuns {
		e.skip("PutRecords", "not tried: this endpoint may not know dry runs, and would write")
		return
	}
	_, err := reach(ctx, e, func(ctx context.Context) (*service.PutRecordsOutput, error) {
		return e.client.PutRecords(ctx, &service.PutRecordsInput{
			StreamName: e.stream.ByName(), StreamARN: e.stream.ARN, DryRun: true,
			Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("kin-doctor"), Data: []byte("dry run")}},
		})
	})
	e.tried("PutRecords", err, Fail)
}

// consumerCalls tries the calls of enhanced fan-out: one lists the consumers,
// the others are about one that cannot be there, so that a call which is allowed
// finds nothing. It returns the consumers and the service's time, as far as
// they are known.
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
	case reading(err) == denied && len(e.o.Needs) > 0: // nobody needs it for reading
		e.skip("ListStreamConsumers", "not allowed: only kin consumers list and prune need it, and the list of a full stream")
	default:
		e.tried("ListStreamConsumers", err, Warn)
	}
	e.skip("RegisterStreamConsumer", "not tried: it would register a consumer, which is billed")

	nobody := efo.EphemeralName(e.o.ConsumerPrefix, uuid.New())
	_, err = reach(ctx, e, func(ctx context.Context) (*service.DescribeStreamConsumerOutput, error) {
		return e.client.DescribeStreamConsumer(ctx, &service.DescribeStreamConsumerInput{StreamARN: arn, ConsumerName: nobody})
	})
	e.tried("DescribeStreamConsumer", found(err), Fail)
	if e.needed("SubscribeToShard") && len(e.shards) > 0 {
		_, err = reach(ctx, e, func(ctx context.Context) (struct{}, error) {
			s, err := e.client.SubscribeToShard(ctx, &service.SubscribeToShardInput{
				ConsumerARN: arn + "/consumer/" + nobody + ":1", ShardID: aws.ToString(e.shards[0].ShardId), DryRun: true,
				StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
			})
			if err == nil {
				s.Close()
			}
			return struct{}{}, err
		})
		e.tried("SubscribeToShard", found(err), Fail)
	} else {
		e.skip("SubscribeToShard", "not tried: no shard is known")
	}
	_, err = reach(ctx, e, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, e.client.DeregisterStreamConsumer(ctx, &service.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: nobody})
	})
	e.tried("DeregisterStreamConsumer", found(err), Fail)
	return listing.Consumers, listing.At
}

// found takes the answer that a consumer is not there for what it is: the call
// was allowed.
func found(err error) error {
	if reading(err) == missing {
		return nil
	}
	return err
}

// leftoverAfter is how old an ephemeral consumer is when its run was probably
// killed.
const leftoverAfter = time.Hour

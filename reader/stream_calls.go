package reader

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/validate"
)

// streamCalls makes the calls about one stream.
type streamCalls struct {
	*session
	ref record.Stream
}

// callError returns what puts the name of a call about the stream on an error.
func (s streamCalls) callError(call string) func(error) error {
	return func(err error) error { return &CallError{Call: call, Stream: s.ref.Given, Err: err} }
}

// describe makes one attempt at the stream's summary.
func (s streamCalls) describe(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
	out, err := attempt(ctx, func(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
		return s.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{
			StreamName: s.ref.ByName(), StreamARN: s.ref.ByARN(),
		})
	})
	if err == nil {
		err = validate.Summary(s.ref.Name, out.StreamDescriptionSummary)
	}
	if err != nil {
		return nil, s.callError("DescribeStreamSummary")(err)
	}
	return out, nil
}

// ownAncestor is the error of an answer that makes a shard its own ancestor.
// call is empty where the end of a shard says so.
func (s streamCalls) ownAncestor(call, shard string, err error) error {
	var id lineage.OwnAncestorError
	var withCheckpoint lineage.CheckpointCycleError
	switch {
	case errors.As(err, &withCheckpoint) && call == "":
		return checkpointCycle(s.ref.Given, fmt.Sprintf("the end of %s/%s", s.ref.Name, shard), string(withCheckpoint))
	case errors.As(err, &withCheckpoint):
		return checkpointCycle(s.ref.Given, call, string(withCheckpoint))
	case !errors.As(err, &id):
		return err
	}
	return &LineageError{Call: call, Stream: s.ref.Given, Ended: shard, Shard: string(id)}
}

// checkpointCycle is the error for a checkpoint that forms a cycle together with an
// answer of the service.
func checkpointCycle(stream, answer, id string) error {
	return &CheckpointError{Stream: stream, Reason: fmt.Sprintf("together with %s, it makes shard %s of stream %s its own ancestor", answer, id, stream),
		next: "the file was changed, or is another stream's: restore it from a copy, or start from scratch with another file"}
}

package writer

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/service"
	"kin/writer/queue"
)

// leastLife is less than it takes to delete a stream and to create it again.
const leastLife = time.Second

// mostRecordKiB is the largest record limit that a stream may have.
const mostRecordKiB = 10 << 10

// defaultRecordLimit holds for streams whose own limit is not known.
const defaultRecordLimit = 1 << 20

// streamFacts are what a run has to know about its stream.
type streamFacts struct {
	recordLimit int           // bytes of data and partition key
	auto        bool          // keys are ignored
	found       bool          // a call was answered that is about it
	created     time.Time     // when it was created; zero where it may not be described
	shards      []queue.Range // open ones; none when it is not known what goes where
}

// describe makes one attempt at describing a stream.
func describe(ctx context.Context, client summarizer, stream string) (*service.DescribeStreamSummaryOutput, error) {
	named := record.ParseStream(stream)
	in := &service.DescribeStreamSummaryInput{StreamName: named.ByName(), StreamARN: named.ARN}
	return service.AttemptUntil(ctx, time.Now().Add(startAttempt), func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return client.DescribeStreamSummary(ctx, in)
	})
}

func (f *streamFacts) learn(out *service.DescribeStreamSummaryOutput) {
	if out == nil || out.StreamDescriptionSummary == nil {
		return
	}
	f.created = creation(out)
	f.auto = out.StreamDescriptionSummary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
	if kib := out.StreamDescriptionSummary.MaxRecordSizeInKiB; kib != nil && *kib > 0 {
		f.recordLimit = int(min(*kib, mostRecordKiB)) << 10
	}
}

// check asks whether the stream is another than the run began with: one that was
// deleted and created again may have shards of the same IDs. settled says that it is
// neither being created nor deleted, or that this caller may not know it.
func (f *streamFacts) check(ctx context.Context, client summarizer, o Options) (another, settled bool) {
	if f.created.IsZero() {
		return false, true
	}
	out, err := describe(ctx, client, o.Stream)
	if err != nil {
		o.Log.DebugContext(ctx, "describe the stream", "stream", o.Stream, "error", err)
		return false, classify(err) == denied
	}
	if out == nil || out.StreamDescriptionSummary == nil {
		return false, true
	}
	status := out.StreamDescriptionSummary.StreamStatus
	return f.isAnother(out), status != types.StreamStatusCreating && status != types.StreamStatusDeleting
}

// isAnother reports whether a summary is of another stream than the one that the run
// began with.
func (f *streamFacts) isAnother(out *service.DescribeStreamSummaryOutput) bool {
	created := creation(out)
	return !f.created.IsZero() && !created.IsZero() && !created.Equal(f.created)
}

// creation is when the stream of a summary was created; zero if it does not say.
func creation(out *service.DescribeStreamSummaryOutput) time.Time {
	if out == nil || out.StreamDescriptionSummary == nil {
		return time.Time{}
	}
	return aws.ToTime(out.StreamDescriptionSummary.StreamCreationTimestamp)
}

// isDeleting reports whether a summary is of a stream that is being deleted.
func isDeleting(out *service.DescribeStreamSummaryOutput) bool {
	return out != nil && out.StreamDescriptionSummary != nil && out.StreamDescriptionSummary.StreamStatus == types.StreamStatusDeleting
}

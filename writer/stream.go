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

// minStreamLife is the shortest successful run after which kin checks whether the stream was
// deleted and created again. Deleting and creating one takes longer.
const minStreamLife = time.Second

// maxRecordKiB is the largest record limit that a stream can have, in KiB.
const maxRecordKiB = 10 << 10

// defaultRecordLimit is the record limit in bytes if the stream's own limit is not known.
const defaultRecordLimit = 1 << 20

// streamFacts are what a run needs to know about its stream.
type streamFacts struct {
	recordLimit int           // maximum bytes of data and partition key
	auto        bool          // the record distribution strategy is AUTO: keys are ignored
	found       bool          // a call about the stream was answered: it exists
	created     time.Time     // creation time; zero if the caller may not describe the stream
	shards      []queue.Range // the open shards; empty if they are not known
}

// describe makes one DescribeStreamSummary attempt.
func describe(ctx context.Context, client summarizer, stream string) (*service.DescribeStreamSummaryOutput, error) {
	named := record.ParseStream(stream)
	in := &service.DescribeStreamSummaryInput{StreamName: named.ByName(), StreamARN: named.ARN}
	return service.AttemptUntil(ctx, time.Now().Add(startAttempt), func(ctx context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return client.DescribeStreamSummary(ctx, in)
	})
}

// apply copies the creation time, the strategy and the record limit from a summary. It does nothing
// if out has no summary.
func (f *streamFacts) apply(out *service.DescribeStreamSummaryOutput) {
	if out == nil || out.StreamDescriptionSummary == nil {
		return
	}
	f.created = creation(out)
	f.auto = out.StreamDescriptionSummary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
	if kib := out.StreamDescriptionSummary.MaxRecordSizeInKiB; kib != nil && *kib > 0 {
		f.recordLimit = int(min(*kib, maxRecordKiB)) << 10
	}
}

// check describes the stream again. another means that the stream was deleted and created again;
// the shards of the new stream may have the same IDs. stable means that the stream is neither
// being created nor deleted, or that kin cannot find out: the caller has no permission to describe
// it, or its description lacks the needed fields.
func (f *streamFacts) check(ctx context.Context, client summarizer, o Options) (another, stable bool) {
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

// isAnother reports whether a summary describes another stream than the one that existed at the
// start of the run.
func (f *streamFacts) isAnother(out *service.DescribeStreamSummaryOutput) bool {
	created := creation(out)
	return !f.created.IsZero() && !created.IsZero() && !created.Equal(f.created)
}

// creation returns the creation time in a summary, or zero if it has none.
func creation(out *service.DescribeStreamSummaryOutput) time.Time {
	if out == nil || out.StreamDescriptionSummary == nil {
		return time.Time{}
	}
	return aws.ToTime(out.StreamDescriptionSummary.StreamCreationTimestamp)
}

// isDeleting reports whether the stream of a summary is being deleted.
func isDeleting(out *service.DescribeStreamSummaryOutput) bool {
	return out != nil && out.StreamDescriptionSummary != nil && out.StreamDescriptionSummary.StreamStatus == types.StreamStatusDeleting
}

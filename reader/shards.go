package reader

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/servertime"
	"kin/internal/validate"
)

// Shards is what ListShards said of a stream, all pages together.
type Shards struct {
	// Shards are in no order: parents may come behind their children.
	Shards []types.Shard
	// At is the service's clock when it answered, cut to the second; this
	// machine's if it did not say.
	At time.Time
}

// ListShards lists a stream's shards as a run does at its start: those that
// are retained or, with a filter, some of them. Errors are *OptionError,
// *CallError, and *GaveUpError after 30 s of retries.
func ListShards(ctx context.Context, client Client, stream string, filter *types.ShardFilter, log *slog.Logger) (Shards, error) {
	s, err := asker(client, stream, log)
	if err != nil {
		return Shards{}, err
	}
	l, err := patiently(ctx, s.run, startTimeout, func(ctx context.Context) (listing, error) { return s.listFiltered(ctx, "", filter) })
	if l.at.IsZero() {
		l.at = s.run.dateNow()
	}
	return Shards{l.shards, l.at}, err
}

// DescribeStream asks for a stream's summary. Errors are as those of
// ListShards; the summary is nil where the answer has none.
func DescribeStream(ctx context.Context, client Client, stream string, log *slog.Logger) (*types.StreamDescriptionSummary, error) {
	s, err := asker(client, stream, log)
	if err != nil {
		return nil, err
	}
	out, err := Ask(ctx, log, func(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
		out, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: s.ref.byName(), StreamARN: s.ref.byARN()})
		if err == nil {
			err = validate.Summary(s.ref.name, out.StreamDescriptionSummary)
		}
		if err != nil {
			err = &CallError{Call: "DescribeStreamSummary", Stream: stream, Err: err}
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	return out.StreamDescriptionSummary, nil
}

// Ask makes a call that changes nothing, as a run makes those of its start:
// what passes is tried again for up to 30 s, and then a *GaveUpError.
func Ask[T any](ctx context.Context, log *slog.Logger, call func(context.Context) (T, error)) (T, error) {
	return patiently(ctx, askingRun(nil, log), startTimeout, func(ctx context.Context) (T, error) { return attempt(ctx, call) })
}

// asker is a stream of a run that reads nothing.
func asker(client Client, stream string, log *slog.Logger) (*streamRun, error) {
	o := DefaultOptions()
	o.Streams = []string{stream}
	if err := o.checkStreams(); err != nil {
		return nil, err
	}
	return &streamRun{run: askingRun(client, log), ref: newStreamRef(stream)}, nil
}

// askingRun is a run without streams, whose calls tell nobody of their
// troubles: their end comes soon.
func askingRun(client Client, log *slog.Logger) *run {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &run{client: client, dates: &servertime.Check{}, o: DefaultOptions(), log: log, trouble: trouble{report: func(message string) { log.Debug("call failed", "message", message) }}}
}

package reader

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/apierror"
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
func ListShards(ctx context.Context, a *Asker, stream string, filter *types.ShardFilter) (Shards, error) {
	s, err := a.stream(stream)
	if err != nil {
		return Shards{}, err
	}
	l, err := s.listPatiently(ctx, startTimeout, "", filter)
	if l.at.IsZero() {
		l.at = s.dateNow()
	}
	return Shards{l.shards, l.at}, err
}

// DescribeStream asks for a stream's summary. Errors are those of ListShards, and a
// *CallError with validate.ErrNoSummary.
func DescribeStream(ctx context.Context, a *Asker, stream string) (*types.StreamDescriptionSummary, error) {
	s, err := a.stream(stream)
	if err != nil {
		return nil, err
	}
	out, err := patiently(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case err != nil:
		return nil, err
	case out.StreamDescriptionSummary == nil:
		return nil, s.callError("DescribeStreamSummary")(validate.ErrNoSummary)
	}
	return out.StreamDescriptionSummary, nil
}

// Unanswered says in words why a stream's summary is not known: it is what follows the
// name of the call. nil is an answer without a summary.
func Unanswered(err error) string {
	switch {
	case err == nil, errors.Is(err, validate.ErrNoSummary):
		return "answers without a summary"
	case apierror.IsDenied(err):
		return "is not allowed"
	}
	return "fails" + because(err)
}

// because is an error in brackets; nothing without one.
func because(err error) string {
	if err == nil {
		return ""
	}
	return " (" + apierror.Brief(err) + ")"
}

package reader

import (
	"context"

	"kin/internal/apierror"
	"kin/internal/checkpoint"
	"kin/internal/record"
)

// checkTyped asks for an iterator at the sequence number that a run with new
// positions begins with. A number that the service refuses is an *OptionError: once
// it was saved, no later run could get past it. Runs whose positions are not kept
// find out when they read.
func (s *Stream) checkTyped(ctx context.Context) error {
	typed := s.place.Initial
	if s.o.Positions == nil || s.place.Saved != nil || typed.Kind != record.AtSequenceNumber {
		return nil
	}
	at := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: typed.SequenceNumber}}
	p := newPolling(newAssignment(s, typed.ShardID, at))
	_, err := patiently(ctx, s.session, startTimeout, func(err error) error { return p.Error("GetShardIterator", err) }, p.newIterator)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case classify(err) == refused:
		return p.Refused(at, err)
	case s.o.Source != nil && apierror.IsDenied(err):
		return nil // another source does not need the call: its own first call decides
	}
	return err
}

package efo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kin/internal/record"
	"kin/reader"
)

// mostRefusals in a row will not pass.
const mostRefusals = 3

// endError ends the run as it is: what it wraps has been retried already.
type endError struct{ err error }

func (e *endError) Error() string { return e.err.Error() }
func (e *endError) Unwrap() error { return e.err }

// endOf is an error that ends the run as it is; nil for nil.
func endOf(err error) error {
	if err == nil {
		return nil
	}
	return &endError{err}
}

// failed decides what to do about a subscription that could not be had or, when
// it was open, that failed. It returns nothing when the next is to be tried, at
// the time it has set.
func (s *source) failed(ctx context.Context, err error, inStream bool) (*reader.Response, error) {
	var end *endError
	if errors.As(err, &end) {
		return nil, end.err
	}
	s.Log().Debug("subscription failed", "stream", s.Stream(), "shard", s.ShardID(), "error", err, "attempt", s.back.Attempts())
	switch classify(err) {
	case fatal:
		return nil, err
	case notFound:
		if resp, err := s.missing(ctx, err); resp != nil || err != nil {
			return resp, err
		}
	case inUse:
		if err := s.contested(ctx, inStream); err != nil {
			return nil, err
		}
	case refused:
		if err := s.rewind(ctx, err); err != nil {
			return nil, err
		}
	case again, limited, stale:
		if err := s.ended(ctx, err); err != nil {
			return nil, err
		}
		if s.rest != nil {
			return nil, nil
		}
	}
	s.Retried()
	if _, err := s.Failed(err); err != nil {
		return nil, err
	}
	if due := time.Now().Add(s.back.Next()); due.After(s.due) {
		s.due = due
	}
	return nil, nil
}

// missing decides which of consumer, shard and stream is gone.
func (s *source) missing(ctx context.Context, err error) (*reader.Response, error) {
	if err := s.CheckStream(ctx); err != nil {
		return nil, err
	}
	replaced, checkErr := s.holding.check(ctx, s.arn)
	if checkErr != nil || replaced {
		return nil, checkErr // the next call goes to the new one
	}
	trimmed, listErr := s.WasTrimmed(ctx, s.at)
	switch {
	case listErr != nil:
		return nil, listErr // with the stream gone, ListShards says so
	case trimmed:
		return &reader.Response{End: true}, nil
	}
	if s.refusals++; s.refusals > mostRefusals {
		return nil, s.Refused(s.at, err)
	}
	return nil, nil
}

// rewind decides what a position becomes that the service does not accept.
func (s *source) rewind(ctx context.Context, err error) error {
	if err := s.CheckStream(ctx); err != nil {
		return err
	}
	switch {
	case s.at.Continuation != "":
		// The position of the last record is as good: nothing came between.
		s.at.Continuation = ""
	case s.IsTrimmed(s.at):
		s.at = reader.Oldest()
	case s.at.SequenceNumber != "": // it is refused for good
		return s.notAccepted(ctx, err)
	default: // a time may be one that the host which answers has not reached yet
		if s.refusals++; s.refusals > mostRefusals {
			return s.Refused(s.at, err)
		}
	}
	return nil
}

// notAccepted decides what to do when a sequence number is refused. AFTER the
// last record of a closed shard is its end, which GetRecords finds out.
func (s *source) notAccepted(ctx context.Context, err error) error {
	if s.at.Kind == record.AfterSequenceNumber {
		closed, listErr := s.IsClosed(ctx)
		if listErr != nil {
			return listErr
		}
		if closed {
			s.readRest("the shard is closed, and its position is refused")
			return nil
		}
	}
	at, err := s.NotAccepted(s.at, err)
	if err == nil {
		s.at = at
	}
	return err
}

// contested decides whether another reader has taken the consumer over. The
// service allows that five seconds after a subscription began. The old one gets
// ResourceInUseException then, or just ends, and for five seconds so does every
// call: also the next one of a reader whose own subscription broke off. A call
// within five seconds of one's own, and one while the consumer is not ACTIVE,
// get it too.
func (s *source) contested(ctx context.Context, inStream bool) error {
	// Of a consumer that nobody else knows, the service has not noticed yet that
	// the last subscription is over.
	ours := s.holding.brief || s.answered.IsZero() || time.Since(s.answered) <= betweenSuccesses+betweenCalls // as far as clocks agree
	if !inStream && ours {
		return nil
	}
	replaced, err := s.holding.check(ctx, s.arn)
	if err != nil || replaced {
		return err
	}
	return s.holding.lost(ctx, s.ShardID())
}

// TakenOverError means that another reader subscribes with the same consumer.
type TakenOverError struct{ Stream, Shard, Consumer string }

func (e *TakenOverError) Error() string {
	return fmt.Sprintf("another reader has taken over consumer %q of stream %s (%s)", e.Consumer, e.Stream, e.Shard)
}

// Held is true; it marks the error for those who do not import the type.
func (e *TakenOverError) Held() bool { return true }

// Hint says what to do next.
func (e *TakenOverError) Hint() string {
	return "each reader needs its own consumer: give this one another --consumer-name, or use --take-over to subscribe again"
}

package efo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kin/internal/record"
	"kin/reader"
)

// maxRefusals is how many refusals in a row kin retries.
const maxRefusals = 3

// finalError ends the run with the wrapped error. The call has been retried already.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

// asFinal wraps err in a finalError; nil stays nil.
func asFinal(err error) error {
	if err == nil {
		return nil
	}
	return &finalError{err}
}

// handleFailure handles a failed SubscribeToShard call or, if inStream, the failure of an open
// subscription. It returns nil, nil if the source should subscribe again at nextCall.
func (s *source) handleFailure(ctx context.Context, err error, inStream bool) (*reader.Response, error) {
	var end *finalError
	if errors.As(err, &end) {
		return nil, end.err
	}
	s.Log().Debug("subscription failed", "stream", s.Stream(), "shard", s.ShardID(), "error", err, "attempt", s.backoff.Attempts())
	switch classify(err) {
	case fatal:
		return nil, err
	case notFound:
		if resp, err := s.handleNotFound(ctx, err); resp != nil || err != nil {
			return resp, err
		}
	case inUse:
		if err := s.handleInUse(ctx, inStream); err != nil {
			return nil, err
		}
	case badPosition:
		if err := s.replacePosition(ctx, err); err != nil {
			return nil, err
		}
	case retry, limited, relist:
		if err := s.countStall(ctx, err); err != nil {
			return nil, err
		}
		if s.poller != nil {
			return nil, nil
		}
	}
	s.Retried()
	if _, err := s.Failed(err); err != nil {
		return nil, err
	}
	if due := time.Now().Add(s.backoff.Next()); due.After(s.nextCall) {
		s.nextCall = due
	}
	return nil, nil
}

// handleNotFound finds out whether the consumer, the shard or the stream is missing.
func (s *source) handleNotFound(ctx context.Context, err error) (*reader.Response, error) {
	if err := s.CheckStream(ctx); err != nil {
		return nil, err
	}
	replaced, checkErr := s.consumer.check(ctx, s.arn)
	if checkErr != nil || replaced {
		return nil, checkErr // the next call uses the new consumer
	}
	trimmed, listErr := s.WasTrimmed(ctx, s.at)
	switch {
	case listErr != nil:
		return nil, listErr // if the stream is gone, ListShards reports it
	case trimmed:
		return &reader.Response{End: true}, nil
	}
	if s.refusals++; s.refusals > maxRefusals {
		return nil, s.Refused(s.at, err)
	}
	return nil, nil
}

// replacePosition chooses another position after the service refused the current one.
func (s *source) replacePosition(ctx context.Context, err error) error {
	if err := s.CheckStream(ctx); err != nil {
		return err
	}
	switch {
	case s.at.Continuation != "":
		// The position of the last record is equivalent: there is no record between the two.
		s.at.Continuation = ""
	case s.IsTrimmed(s.at):
		s.at = reader.Oldest()
	case s.at.SequenceNumber != "": // the service will refuse it again
		return s.handleRefusedSequence(ctx, err)
	default: // the responding host may not have reached this time yet
		if s.refusals++; s.refusals > maxRefusals {
			return s.Refused(s.at, err)
		}
	}
	return nil
}

// handleRefusedSequence handles a refused sequence number. AFTER_SEQUENCE_NUMBER with the last
// record of a closed shard means its end. GetRecords confirms that.
func (s *source) handleRefusedSequence(ctx context.Context, err error) error {
	if s.at.Kind == record.AfterSequenceNumber {
		closed, listErr := s.IsClosed(ctx)
		if listErr != nil {
			return listErr
		}
		if closed {
			s.switchToPolling("the shard is closed, and the service refuses the position")
			return nil
		}
	}
	at, err := s.NotAccepted(s.at, err)
	if err == nil {
		s.at = at
	}
	return err
}

// handleInUse finds out whether another reader has taken over the consumer.
//
// The service allows a takeover five seconds after a subscription began. The old subscription then
// gets ResourceInUseException or just ends. For the next five seconds every other call gets
// ResourceInUseException too, including the next call of a reader whose own subscription broke.
//
// Two other cases return the same error: a call within five seconds of the reader's own last call,
// and a call while the consumer is not ACTIVE.
func (s *source) handleInUse(ctx context.Context, inStream bool) error {
	// Nobody else uses an ephemeral consumer. The service has not noticed yet that the last
	// subscription has ended.
	ours := s.consumer.ephemeral || s.lastAnswer.IsZero() || time.Since(s.lastAnswer) <= betweenSuccesses+betweenCalls // clocks may differ a little
	if !inStream && ours {
		return nil
	}
	replaced, err := s.consumer.check(ctx, s.arn)
	if err != nil || replaced {
		return err
	}
	return s.consumer.handleTakeOver(ctx, s.ShardID())
}

// TakenOverError means that another reader subscribes with the same consumer.
type TakenOverError struct{ Stream, Shard, Consumer string }

func (e *TakenOverError) Error() string {
	return fmt.Sprintf("another reader has taken over consumer %q of stream %s (%s)", e.Consumer, e.Stream, e.Shard)
}

// Held returns true. It marks the error for callers that do not import this package.
func (e *TakenOverError) Held() bool { return true }

// Hint returns the next step for the user.
func (e *TakenOverError) Hint() string {
	return "each reader needs its own consumer: give this one another --consumer-name, or use --take-over to subscribe again"
}

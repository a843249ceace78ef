package efo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kin/internal/service"
	"kin/reader"
)

// switchToPolling closes the subscription and reads the shard with GetRecords from the current
// position. why is part of the message.
func (s *source) switchToPolling(why string) {
	s.Close()
	s.Info(fmt.Sprintf("%s/%s: %s: reading it to its end with GetRecords", s.Stream(), s.ShardID(), why))
	s.poller, s.pollerAnswered = s.Poll(s.at), false
}

// nextPolled returns the next response of GetRecords. It returns nil, nil if GetRecords is not
// allowed and the source subscribes again.
func (s *source) nextPolled(ctx context.Context, budget reader.Budget) (*reader.Response, error) {
	resp, err := s.poller.Next(ctx, budget)
	switch {
	case err == nil:
		s.pollerAnswered = true
		return resp, nil
	case ctx.Err() != nil:
		return resp, err
	case service.IsDenied(err) && !s.pollerAnswered && !s.progress.denied:
		return nil, s.resubscribe(err)
	}
	return nil, fmt.Errorf("read the rest of %s/%s with GetRecords: %w", s.Stream(), s.ShardID(), err)
}

// resubscribe returns from GetRecords to subscriptions, because GetRecords is not allowed. A few
// broken connections in a row look like the end of a shard that the service does not announce. The
// roles of enhanced fan-out need not allow GetRecords. If the shard has ended, the same happens
// again and ends the run.
func (s *source) resubscribe(err error) error {
	s.poller.Close()
	s.poller = nil
	s.progress.denied, s.progress.stalls, s.progress.idle = true, 0, 0
	call := "GetRecords"
	var failed *service.CallError
	if errors.As(err, &failed) {
		call = failed.Call
	}
	s.Info(fmt.Sprintf("%s/%s: %s is not allowed (%s): subscribing again", s.Stream(), s.ShardID(), call, service.Brief(err)))
	s.Retried()
	if _, err := s.Failed(err); err != nil {
		return err
	}
	if due := time.Now().Add(s.backoff.Next()); due.After(s.nextCall) {
		s.nextCall = due
	}
	return nil
}

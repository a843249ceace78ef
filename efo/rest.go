package efo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kin/internal/service"
	"kin/reader"
)

// readRest gives the subscription up and reads the shard with GetRecords from
// where it stood.
func (s *source) readRest(why string) {
	s.Close()
	s.Info(fmt.Sprintf("%s/%s: %s: reading it to its end with GetRecords", s.Stream(), s.ShardID(), why))
	s.rest, s.restRead = s.Poll(s.at), false
}

// nextOfRest returns the next response of GetRecords. It returns nothing where that
// is not allowed and the shard is subscribed to again.
func (s *source) nextOfRest(ctx context.Context, room reader.Room) (*reader.Response, error) {
	resp, err := s.rest.Next(ctx, room)
	switch {
	case err == nil:
		s.restRead = true
		return resp, nil
	case ctx.Err() != nil:
		return resp, err
	case service.IsDenied(err) && !s.restRead && !s.progress.denied:
		return nil, s.leaveRest(err)
	}
	return nil, fmt.Errorf("read the rest of %s/%s with GetRecords: %w", s.Stream(), s.ShardID(), err)
}

// leaveRest subscribes again to a shard whose rest may not be read with GetRecords.
// A few breaks in a row look like an end that the service does not announce, and the
// roles of enhanced fan-out need not allow GetRecords. If it is no such break the
// same happens again, and ends the run.
func (s *source) leaveRest(err error) error {
	s.rest.Close()
	s.rest = nil
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
	if due := time.Now().Add(s.back.Next()); due.After(s.due) {
		s.due = due
	}
	return nil
}

package reader

import (
	"context"
	"slices"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/servertime"
)

// Opener opens streams as a run does at its start, for a look that changes
// nothing.
type Opener struct {
	Client Client
	// Options are complete. Their positions are loaded and never saved.
	Options Options
	// Dates checks the answers of all openings.
	Dates *servertime.Check
	// Quiet hands messages about the positions to Chat: they were reported before.
	Quiet bool
	// Partial says that one of several streams which cannot be opened does not
	// end the opening of the others.
	Partial bool
	// Tolerant says that positions that contradict a stream do not end the
	// opening, unless the stream was deleted and created again.
	Tolerant bool
	// Since has, by their names as given, the streams that an opening before this
	// one has found, and when. One that is younger is another stream.
	Since map[string]time.Time
}

// Opening is what a run knows of its streams before it reads.
type Opening struct {
	// File has the positions with all shards that are to be read.
	File    checkpoint.File
	Streams []*Stream
	Failed  []StreamFailure // of several streams, those that are not among Streams
	// Time is the service's clock when the streams were listed.
	Time time.Time
}

// Open lists all streams and decides where their shards begin. Its errors are
// those of Reader.Run.
func (o Opener) Open(ctx context.Context) (*Opening, error) {
	s := newSession(o.Client, o.Options, &progress{})
	s.dates, s.hints.say, s.accepted = o.Dates, o.Options.Chat, len(o.Since) > 0
	if o.Quiet {
		s.o.Say = o.Options.Chat
	}
	streams, err := openStreams(ctx, s, kept(o.Options.Positions), openMode{partial: o.Partial, tolerant: o.Tolerant})
	opening := &Opening{File: streams.file, Streams: streams.streams, Time: latest(streams.streams)}
	if len(o.Since) > 0 {
		for _, stream := range opening.Streams {
			stream.listedAt = o.Since[stream.ref.Given]
		}
		err = opening.Fact(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.setClock(opening.Time)
	s.mu.Unlock()
	s.o.Say = o.Options.Say // fetching reports what it has to
	return opening, opening.drop(ctx, streams.failed, func(s *Stream) bool { _, again := o.Since[s.ref.Given]; return again })
}

// Fact returns what became of a stream that a call did not find while it was
// looked at, or err.
func (o *Opening) Fact(ctx context.Context, err error) error { return fact(ctx, o.Streams, err) }

// Drop takes streams that failed out of the opening. The error is the first
// failure where no stream is left, or that the context has ended.
func (o *Opening) Drop(ctx context.Context, failed map[*Stream]error) error {
	return o.drop(ctx, failed, func(*Stream) bool { return true })
}

// drop is Drop. was reports whether a stream was there before: it may have been
// deleted since.
func (o *Opening) drop(ctx context.Context, failed map[*Stream]error, was func(*Stream) bool) error {
	all := len(o.Streams) + len(o.Failed)
	for _, s := range o.Streams {
		err := failed[s]
		if err == nil {
			continue
		}
		if was(s) {
			err = o.Fact(ctx, err)
		}
		o.Failed = append(o.Failed, StreamFailure{s.ref.Given, err})
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(o.Failed) == all {
		return o.Failed[0].Err
	}
	o.Streams = slices.DeleteFunc(o.Streams, func(s *Stream) bool { return failed[s] != nil })
	return nil
}

package reader

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"kin/internal/record"
)

// A listing that does not know a shard of the checkpoint is asked for again: it
// may lag behind a reshard whose children a run has met already.
const (
	confirmations = 5
	confirmEvery  = time.Second
)

// confirm returns a listing with every shard that the checkpoint has and that is
// not older than what is listed, and in which those are closed that it has read to
// their end. Positions of which that cannot be had are another stream's: they say
// nothing of what was read of this one, and keep what comes from being read.
func (s opening) confirm(ctx context.Context, l listing) (listing, error) {
	for tries := 0; ; tries++ {
		reason := s.contradiction(l)
		if reason == "" {
			return l, nil
		}
		if tries == confirmations {
			return l, &CheckpointError{Stream: s.ref.Name, Reason: reason, next: "it is another stream's, or was changed: start from scratch with another file, or move it with kin checkpoint reset"}
		}
		if err := sleepUntil(ctx, time.Now().Add(confirmEvery)); err != nil {
			return l, err
		}
		at := l.at
		var err error
		if l, err = s.listPatiently(ctx, startTimeout, "", nil); err != nil {
			return l, err
		}
		l.at = at // the time that the run began
	}
}

// contradiction says what a listing and the checkpoint cannot both be right about;
// nothing where they can.
func (s opening) contradiction(l listing) string {
	last, open := l.last(), l.open()
	for _, id := range slices.Sorted(maps.Keys(s.place.Saved)) {
		switch {
		case id > last: // IDs only grow
			return fmt.Sprintf("stream %s has had no shard %s: its last one is %s", s.ref.Name, id, last)
		case open[id] && s.place.Saved[id].Kind == record.ShardEnd:
			return fmt.Sprintf("by it %s/%s has ended, and that is open", s.ref.Name, id)
		}
	}
	return ""
}

package checkpoint

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"kin/internal/lineage"
	"kin/internal/record"
)

// complete returns f with what belongs to the file and not to a run's
// positions. A run that leaves one of these out does not delete it.
func (h *Handle) complete(f File) File {
	if f.Version == 0 {
		f.Version = h.file.Version
	}
	if f.ID == "" {
		f.ID = h.file.ID
	}
	if f.Output == nil {
		f.Output = h.file.Output
	}
	switch {
	case h.destination != nil:
		f.Destination = h.destination
	case f.Destination == nil:
		f.Destination = h.file.Destination
	}
	return f
}

// check returns what is wrong with a file that was loaded. CheckMoved asks for
// the same of one that is to be saved: what is written can be loaded again.
func (f File) check() error {
	if err := f.CheckMoved(nil); err != nil {
		return err
	}
	return f.checkAncestors()
}

// CheckMoved returns what is wrong with a file in which only the shards of moved
// differ from one that is known to be good; nil is all of them.
func (f File) CheckMoved(moved Moved) error {
	if err := f.checkFrame(); err != nil {
		return err
	}
	for _, s := range f.Streams {
		ids := slices.Values(moved[s.Name])
		if moved == nil {
			ids = maps.Keys(s.Shards)
		}
		for id := range ids {
			shard, there := s.Shards[id]
			if !there {
				continue // it was taken out
			}
			if err := checkShard(id, shard); err != nil {
				return fmt.Errorf("shard %s of stream %s: %w", id, s.Name, err)
			}
		}
	}
	return nil
}

// checkFrame returns what is wrong with a file beside its shards.
func (f File) checkFrame() error {
	switch {
	case f.Version != Version:
		return fmt.Errorf("it has version %d, and this kin reads version %d", f.Version, Version)
	case f.ID == "":
		return errors.New("it has no query id")
	case f.Destination != nil && !f.Destination.CreatedAt.IsWritable():
		return fmt.Errorf("createdAt of destination %s is out of range", f.Destination.Name)
	}
	seen := map[string]bool{}
	for _, s := range f.Streams {
		if s.Name == "" || seen[s.Name] {
			return fmt.Errorf("stream %q occurs twice or has no name", s.Name)
		}
		seen[s.Name] = true
		if !s.CreatedAt.IsWritable() || !s.StartedAt.IsWritable() {
			return fmt.Errorf("a time of stream %s is out of range", s.Name)
		}
	}
	return nil
}

// checkAncestors refuses a file by which a shard descends from itself: nothing
// can be read in that order.
func (f File) checkAncestors() error {
	for _, s := range f.Streams {
		ids := slices.Collect(maps.Keys(s.Shards))
		if id := lineage.OwnAncestor(ids, func(id string) []string { return s.Shards[id].Parents }); id != "" {
			return fmt.Errorf("shard %s of stream %s is its own ancestor", id, s.Name)
		}
	}
	return nil
}

// shardID is what the service allows as a shard's ID (API documentation).
var shardID = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)

// checkShard returns what is wrong with the position of the shard of that ID.
func checkShard(id string, s Shard) error {
	if !shardID.MatchString(id) {
		return fmt.Errorf("ID %q: want a shard ID", id)
	}
	if i := slices.IndexFunc(s.Parents, func(p string) bool { return !shardID.MatchString(p) || p == id }); i >= 0 {
		return fmt.Errorf("parent %q: want the ID of another shard", s.Parents[i])
	}
	if s.SubSequenceNumber != nil && (s.Kind != record.AtSequenceNumber || *s.SubSequenceNumber < 0) {
		return fmt.Errorf("%s with sub-sequence number %d: it is for AT_SEQUENCE_NUMBER, and 0 or more", s.Kind, *s.SubSequenceNumber)
	}
	switch s.Kind {
	case record.AfterSequenceNumber, record.AtSequenceNumber:
		if !isSequenceNumber(s.SequenceNumber) {
			return fmt.Errorf("%s needs a sequence number, has %q", s.Kind, s.SequenceNumber)
		}
	case record.AtTimestamp:
		if s.Timestamp.IsZero() {
			return errors.New("AT_TIMESTAMP needs a timestamp")
		}
	case record.TrimHorizon, record.ShardEnd:
	default:
		return fmt.Errorf("unknown position %q", s.Kind)
	}
	if s.SequenceNumber != "" && !isSequenceNumber(s.SequenceNumber) {
		return fmt.Errorf("%s with sequence number %q: want decimal digits", s.Kind, s.SequenceNumber)
	}
	if s.Continuation != "" && !isSequenceNumber(s.Continuation) {
		return fmt.Errorf("continuation %q: want decimal digits", s.Continuation)
	}
	for _, t := range []record.Time{s.Timestamp, s.ReadThrough, s.LastArrival, s.UpdatedAt} {
		if !t.IsWritable() {
			return errors.New("a time is out of range")
		}
	}
	return nil
}

// isSequenceNumber reports whether s is decimal and not longer than the service
// allows (API documentation: up to 129 digits).
func isSequenceNumber(s string) bool {
	const most = 129
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != "" && len(s) <= most
}

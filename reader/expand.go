package reader

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kpl"
)

// expand encodes the user records of an aggregate that have a higher index
// than after: those that belong to the shard. r is the aggregate itself.
//
// The producer fills an aggregate for the shard that it believes a record
// belongs to. After a split or a merge it may have been wrong; it then sends
// again what belongs elsewhere, and that alone (succeed_if_correct_shard in
// retrier.cc of awslabs/amazon-kinesis-producer). So what is left out here
// comes again in its own shard, and what is kept does not. AWS's client
// library leaves out the whole aggregate, and may lose the rest.
func (e *encoder) expand(b *Block, r Record, users []kpl.Record, after int64, f hashFilter) error {
	r.Aggregated = true
	first, belongs := max(0, after+1), true
	for i := first; i < int64(len(users)); i++ {
		u := users[i]
		if i == first || u.PartitionKey != users[i-1].PartitionKey || u.ExplicitHashKey != users[i-1].ExplicitHashKey {
			belongs = f.contains(u) // the keys of an aggregate are often the same
		}
		switch {
		case !belongs && !f.decided:
			return errUndecided
		case !belongs:
			b.leftOut++
			continue
		}
		r.SubSequenceNumber = i
		r.PartitionKey, r.ExplicitHashKey, r.Data = u.PartitionKey, u.ExplicitHashKey, u.Data
		if err := e.append(b, r); err != nil {
			return err
		}
	}
	return nil
}

// written is the index of the last record of an aggregate that was written
// already, when a position is inside it; else -1.
func written(at checkpoint.Shard, sequence string) int64 {
	if at.SubSequenceNumber == nil || at.SequenceNumber != sequence {
		return -1
	}
	return *at.SubSequenceNumber
}

// hashFilter says which records of aggregates belong to a shard.
type hashFilter struct {
	hashes *kpl.HashKeyRange // of the shard; nil: every record belongs to it
	// decided is false while it is not known whether the stream goes by hash
	// keys at all.
	decided bool
}

var errUndecided = errors.New("a record is out of the shard's range, and it is not known whether the stream has ranges")

func (f hashFilter) contains(u kpl.Record) bool {
	return f.hashes == nil || f.hashes.Contains(u.HashKey())
}

// encode makes a block of a response.
func (s *streamRun) encode(ctx context.Context, shard *shard, resp *Response, before checkpoint.Shard) (b *Block, reached bool, err error) {
	f := s.hashFilter(shard)
	b, reached, err = s.run.enc.block(s.ref.name, shard.id, resp, before, s.until, f)
	if !errors.Is(err, errUndecided) {
		return b, reached, err
	}
	automatic, err := s.distribution.ask(ctx, s)
	if err != nil {
		return nil, false, err
	}
	if f.decided = true; automatic {
		f.hashes = nil
	}
	return s.run.enc.block(s.ref.name, shard.id, resp, before, s.until, f)
}

// hashFilter returns the filter of a shard as far as it is known.
func (s *streamRun) hashFilter(shard *shard) hashFilter {
	if s.run.o.NoHashFilter || s.run.o.NoDeaggregate {
		return hashFilter{}
	}
	s.run.mu.Lock()
	hashes := shard.hashes
	s.run.mu.Unlock()
	if hashes == nil || hashes.IsWhole() {
		return hashFilter{}
	}
	automatic, decided := s.distribution.known()
	if automatic {
		return hashFilter{} // and nobody asks again: it holds records of that time
	}
	return hashFilter{hashes: hashes, decided: decided}
}

// hashKeyRange reads a shard's range; nil when there is none that can be read.
func hashKeyRange(r *types.HashKeyRange) *kpl.HashKeyRange {
	if r == nil {
		return nil
	}
	starting, ok1 := kpl.ParseHashKey(aws.ToString(r.StartingHashKey))
	ending, ok2 := kpl.ParseHashKey(aws.ToString(r.EndingHashKey))
	if !ok1 || !ok2 {
		return nil
	}
	return &kpl.HashKeyRange{Starting: starting, Ending: ending}
}

// countLeftOut takes in what a written block left out.
func (r *run) countLeftOut(b *Block) {
	if b.leftOut == 0 {
		return
	}
	for _, s := range r.streams {
		if s.ref.name != b.Stream {
			continue
		}
		if s.leftOut == 0 {
			r.o.Say(fmt.Sprintf("%s/%s: an aggregate holds records that belong to another shard, where their producer sends them again: they are left out here (--no-hash-filter keeps them)", b.Stream, b.ShardID))
		}
		s.leftOut += int64(b.leftOut)
	}
	r.progress.add(func(p *Progress) { p.LeftOut += int64(b.leftOut) })
}

// sayLeftOut says, at the end of a run, how many records were left out.
func (r *run) sayLeftOut() {
	for _, s := range r.streams {
		if s.leftOut > 0 {
			r.o.Say(fmt.Sprintf("%s: records of aggregates left out because they belong to another shard: %d", s.ref.name, s.leftOut))
		}
	}
}

// HalfReadError means that a run that keeps aggregates whole was to resume
// inside one.
type HalfReadError struct {
	Stream, Shard     string
	SequenceNumber    string
	SubSequenceNumber int64 // of the last record that was written
}

func (e *HalfReadError) Error() string {
	return fmt.Sprintf("the checkpoint cannot be used without expanding aggregates: it stands inside one, behind sub-sequence number %d of sequence number %s in %s/%s",
		e.SubSequenceNumber, e.SequenceNumber, e.Stream, e.Shard)
}

// Unusable is true; it marks the error for those who do not import the type.
func (e *HalfReadError) Unusable() bool { return true }

// Hint says what to do next.
func (e *HalfReadError) Hint() string {
	return "run once without --no-deaggregate to read the rest of it, or begin with a new checkpoint file"
}

// checkHalfRead refuses positions inside an aggregate to a run that does not
// expand them. It wants the run's lock held.
func (s *streamRun) checkHalfRead() error {
	if !s.run.o.NoDeaggregate {
		return nil
	}
	for _, shard := range s.lineage.shards {
		if sub := shard.at.SubSequenceNumber; shard.state == waiting && sub != nil {
			return &HalfReadError{Stream: s.ref.name, Shard: shard.id, SequenceNumber: shard.at.SequenceNumber, SubSequenceNumber: *sub}
		}
	}
	return nil
}

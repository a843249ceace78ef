package reader

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/dustin/go-humanize"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// delivery encodes the responses of one stream and puts their blocks into the
// buffer of the run.
type delivery struct {
	*Stream
	buf *buffer
	enc *encoder
	// What was reported already, once for the stream.
	warned, warnedOfKey, warnedOfAuto atomic.Bool
}

// deliver encodes a response, as far as it is within the bound, and puts its blocks
// into the buffer. It returns the position behind them. Of the response that found
// is about, the shard has nothing more for this run where found says so.
func (s *delivery) deliver(ctx context.Context, shard *lineage.Shard, resp *Response, before checkpoint.Shard, found cutoff) (at checkpoint.Shard, err error) {
	room := newReservation(s.buf, resp)
	resp.Records = resp.Records[:found.records]
	// Warnings wait until the turn to encode is given back: whoever reads them may
	// be slow, and other shards wait for that turn.
	var ofSize, ofKey func()
	slices := &slicer{
		e: s.enc, stream: s.ref.Name, shard: shard.ID, resp: resp, before: before, at: before, held: found.held,
		filter: s.hashFilter(shard),
		undivided: func(r record.Record, records int) {
			if ofSize == nil {
				ofSize = func() { s.keepsWhole(r, records) }
			}
		},
		badKey: func(r record.Record) {
			if ofKey == nil {
				ofKey = func() { s.warnOfKey(r) }
			}
		},
	}
	received := s.distribution.calls()
	for {
		if err := room.take(ctx, int64(slices.wants())); err != nil {
			return before, err
		}
		block, err := slices.slice(ctx)
		for _, warn := range []func(){ofSize, ofKey} {
			if warn != nil {
				warn()
			}
		}
		ofSize, ofKey = nil, nil
		if errors.Is(err, errUndecided) {
			if slices.filter, err = s.decide(ctx, slices.filter, received); err != nil {
				return before, err
			}
			continue
		}
		if err != nil {
			return before, err
		}
		at = block.after
		if !block.more {
			block.last = found.done || block.end
		}
		room.put(block) // from here on it is the collector's
		if !block.more {
			return at, nil
		}
	}
}

// reservation is what a response has of the buffer while it is encoded.
type reservation struct {
	buf *buffer
	// response is for the response itself, spare what its source took beyond that,
	// and next is for the next block.
	response, spare, next int64
	waited                bool // next was taken from the buffer, and not from spare
}

// newReservation counts what a response takes, also beyond what its source took for it. Of
// what the source took for a larger one, it keeps as much as a response of this
// size has while it is received and encoded.
func newReservation(buf *buffer, resp *Response) *reservation {
	size := responseSize(resp.Records)
	spare := min(max(0, resp.Taken-size), (inFlight-1)*size)
	if rest := resp.Taken - size - spare; rest > 0 {
		buf.Return(rest)
	} else if rest < 0 {
		buf.charge(-rest)
	}
	return &reservation{buf: buf, response: size, spare: spare}
}

func responseSize(records []types.Record) int64 {
	size := int64(0)
	for _, r := range records {
		size += int64(len(r.Data) + len(aws.ToString(r.PartitionKey)) + recordOverhead)
	}
	return size
}

// take takes room for the next block, unless it has some: of what the source took
// where that is enough, else it waits.
func (h *reservation) take(ctx context.Context, size int64) error {
	switch {
	case h.next > 0:
		return nil
	case size <= h.spare:
		h.spare -= size
	default:
		if err := h.buf.takeSlice(ctx, size); err != nil {
			return err
		}
		h.waited = true
	}
	h.next = size
	return nil
}

// put hands the block over in place of its room; with the last one, all that the
// response had is given back.
func (h *reservation) put(b *Block) {
	room := h.next
	if !b.more {
		room += h.response + h.spare
	}
	h.buf.put(b, room, h.waited)
	h.next, h.waited = 0, false
}

// hashFilter returns the filter for a response that was just received, as far as
// it is known.
func (s *delivery) hashFilter(shard *lineage.Shard) hashFilter {
	if !s.o.HashFilter {
		return hashFilter{}
	}
	s.mu.Lock()
	hashes := shard.Hashes
	s.mu.Unlock()
	if hashes == nil || hashes.IsWhole() {
		return hashFilter{}
	}
	if s.distribution.isAutomatic() {
		return hashFilter{} // from now on: it may hold records of that time
	}
	return hashFilter{hashes: hashes, decided: s.distribution.isRefused()}
}

// decide makes a filter fit for a response in which it found records to drop.
// Where the stream has become AUTO since the run began, it drops nothing from now
// on: a record of a response that was checked before is not AUTO's.
func (s *delivery) decide(ctx context.Context, f hashFilter, received int) (hashFilter, error) {
	automatic, err := s.distribution.ask(ctx, s.streamCalls, received, 0)
	if err != nil {
		return f, err
	}
	if f.decided = true; automatic {
		f.hashes = nil
		if !s.warnedOfAuto.Swap(true) {
			s.o.Report(fmt.Sprintf("the RecordDistributionStrategy of %s has become AUTO: --hash-filter drops no more records of it", s.ref.Name))
		}
	}
	return f, nil
}

// keepsWhole warns, once for a stream, of an aggregate that is not expanded.
func (s *delivery) keepsWhole(r record.Record, records int) {
	if s.warned.Swap(true) {
		return
	}
	s.o.Info(fmt.Sprintf("%s/%s: the aggregate with sequence number %s (%s, %s records) expands to more than %d times its size: kin keeps it, and every other one like it, as one record",
		r.Stream, r.ShardID, r.SequenceNumber, humanize.Bytes(uint64(len(r.Data))), humanize.Comma(int64(records)), mostExpansion))
}

// warnOfKey warns, once for a stream, of a record of an aggregate whose keys
// cannot be used.
func (s *delivery) warnOfKey(r record.Record) {
	if s.warnedOfKey.Swap(true) {
		return
	}
	s.o.Info(fmt.Sprintf("%s/%s: sequence number %s is an aggregate with a key that Kinesis does not accept: kin uses the aggregate's partition key and no explicit hash key, here from sub-sequence number %d on",
		r.Stream, r.ShardID, r.SequenceNumber, r.SubSequenceNumber))
}

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

// delivery encodes the responses of one stream and puts their blocks into the buffer of the run.
type delivery struct {
	*Stream
	buf *buffer
	enc *encoder
	// The warnings that were printed already. Each is printed once for the stream.
	warnedOfExpansion, warnedOfKey, warnedOfAuto atomic.Bool
}

// deliver encodes the records of a response that are within the bound, and puts its blocks into the
// buffer. It returns the position after them. found is what the bound allows of this response.
func (s *delivery) deliver(ctx context.Context, shard *lineage.Shard, resp *Response, before checkpoint.Shard, found cutoff) (at checkpoint.Shard, err error) {
	reserved := newReservation(s.buf, resp)
	resp.Records = resp.Records[:found.records]
	// Warnings are printed after the encoding slot is released. A slow reader of messages would
	// otherwise block other shards.
	var warnSize, warnKey func()
	slices := &slicer{
		e: s.enc, stream: s.ref.Name, shard: shard.ID, resp: resp, before: before, at: before, held: found.held,
		filter: s.hashFilter(shard),
		undivided: func(r record.Record, records int) {
			if warnSize == nil {
				warnSize = func() { s.warnOfExpansion(r, records) }
			}
		},
		badKey: func(r record.Record) {
			if warnKey == nil {
				warnKey = func() { s.warnOfKey(r) }
			}
		},
	}
	received := s.distribution.calls()
	for {
		if err := reserved.reserve(ctx, int64(slices.wants())); err != nil {
			return before, err
		}
		block, err := slices.slice(ctx)
		for _, warn := range []func(){warnSize, warnKey} {
			if warn != nil {
				warn()
			}
		}
		warnSize, warnKey = nil, nil
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
		reserved.put(block) // from here on it belongs to the collector
		if !block.more {
			return at, nil
		}
	}
}

// reservation is the space that a response holds in the buffer while it is encoded.
type reservation struct {
	buf *buffer
	// response is the space of the response itself. spare is what its source reserved beyond that.
	// next is for the next block.
	response, spare, next int64
	waited                bool // next was taken from the buffer, and not from spare
}

// newReservation reserves the bytes of a response. If its source reserved too little, it adds the
// rest. If the source reserved too much, it keeps only what a response of this size needs.
func newReservation(buf *buffer, resp *Response) *reservation {
	size := responseSize(resp.Records)
	spare := min(max(0, resp.Reserved-size), (inFlight-1)*size)
	if rest := resp.Reserved - size - spare; rest > 0 {
		buf.Release(rest)
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

// reserve reserves space for the next block, unless it has some. It uses spare if that is enough,
// or else waits for the buffer.
func (h *reservation) reserve(ctx context.Context, size int64) error {
	switch {
	case h.next > 0:
		return nil
	case size <= h.spare:
		h.spare -= size
	default:
		if err := h.buf.reserveSlice(ctx, size); err != nil {
			return err
		}
		h.waited = true
	}
	h.next = size
	return nil
}

// put gives the block to the buffer in place of its reservation. With the last block it releases
// everything that the response reserved.
func (h *reservation) put(b *Block) {
	reserved := h.next
	if !b.more {
		reserved += h.response + h.spare
	}
	h.buf.put(b, reserved, h.waited)
	h.next, h.waited = 0, false
}

// hashFilter returns the filter for a response that was just received. It may still be undecided.
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
		return hashFilter{} // from now on: the response may have records from after the change
	}
	return hashFilter{hashes: hashes, decided: s.distribution.isRefused()}
}

// decide completes a filter for a response in which it found records to drop. If the stream has
// become AUTO since the run began, the filter drops nothing from now on. Earlier responses were
// checked before the change.
func (s *delivery) decide(ctx context.Context, f hashFilter, received int) (hashFilter, error) {
	automatic, err := s.distribution.refresh(ctx, s.streamCalls, received, 0)
	if err != nil {
		return f, err
	}
	if f.decided = true; automatic {
		f.hashes = nil
		if !s.warnedOfAuto.Swap(true) {
			s.o.Report(fmt.Sprintf("the RecordDistributionStrategy of %s has become AUTO: --hash-filter no longer drops its records", s.ref.Name))
		}
	}
	return f, nil
}

// warnOfExpansion warns of an aggregate that is not expanded, once for a stream.
func (s *delivery) warnOfExpansion(r record.Record, records int) {
	if s.warnedOfExpansion.Swap(true) {
		return
	}
	s.o.Info(fmt.Sprintf("%s/%s: the aggregate with sequence number %s (%s, %s records) expands to more than %d times its size: kin prints it, and others like it, without expanding them",
		r.Stream, r.ShardID, r.SequenceNumber, humanize.Bytes(uint64(len(r.Data))), humanize.Comma(int64(records)), maxExpansion))
}

// warnOfKey warns of a record of an aggregate whose keys are not usable, once for a stream.
func (s *delivery) warnOfKey(r record.Record) {
	if s.warnedOfKey.Swap(true) {
		return
	}
	s.o.Info(fmt.Sprintf("%s/%s: the aggregate with sequence number %s has a key that Kinesis does not accept (sub-sequence number %d): for such records kin uses the aggregate's partition key and no explicit hash key",
		r.Stream, r.ShardID, r.SequenceNumber, r.SubSequenceNumber))
}

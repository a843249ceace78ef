package transfer

import (
	"encoding/binary"
	"errors"
	"time"

	"kin/internal/record"
)

// A frame is a record between the reader and the writer, unchanged in every byte. Texts and
// payload are preceded by their lengths. Numbers are varints.

// Encode appends r as a frame and returns the extended slice. The error is always nil.
func Encode(dst []byte, r record.Record) ([]byte, error) {
	for _, text := range []string{r.Stream, r.ShardID, r.SequenceNumber, r.PartitionKey, r.ExplicitHashKey} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	sub := int64(-1)
	if r.Aggregated {
		sub = r.SubSequenceNumber
	}
	dst = binary.AppendVarint(dst, sub)
	arrival := int64(0)
	if !r.ApproximateArrivalTimestamp.IsZero() {
		arrival = r.ApproximateArrivalTimestamp.UnixMilli()
	}
	dst = binary.AppendVarint(dst, arrival)
	dst = binary.AppendUvarint(dst, uint64(len(r.Data)))
	return append(dst, r.Data...), nil
}

var errFrame = errors.New("invalid internal record frame")

// cutFrame decodes the first frame of frames. It returns the record, its frame, and the
// rest. The payload shares memory with frames.
func cutFrame(frames []byte) (r record.Record, frame, rest []byte, err error) {
	rest = frames
	for _, text := range []*string{&r.Stream, &r.ShardID, &r.SequenceNumber, &r.PartitionKey, &r.ExplicitHashKey} {
		var b []byte
		if b, rest, err = cutBytes(rest); err != nil {
			return r, nil, nil, err
		}
		*text = string(b)
	}
	sub, n := binary.Varint(rest)
	if n <= 0 {
		return r, nil, nil, errFrame
	}
	if rest = rest[n:]; sub >= 0 {
		r.Aggregated, r.SubSequenceNumber = true, sub
	}
	arrival, n := binary.Varint(rest)
	if n <= 0 {
		return r, nil, nil, errFrame
	}
	if rest = rest[n:]; arrival != 0 {
		r.ApproximateArrivalTimestamp = time.UnixMilli(arrival).UTC()
	}
	if r.Data, rest, err = cutBytes(rest); err != nil {
		return r, nil, nil, err
	}
	return r, frames[:len(frames)-len(rest)], rest, nil
}

func cutBytes(b []byte) (cut, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, errFrame
	}
	end := n + int(size)
	return b[n:end:end], b[end:], nil
}

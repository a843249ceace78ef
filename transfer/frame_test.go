package transfer

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"kin/internal/record"
)

// A record is unchanged after encoding and decoding, also between other frames. Invalid
// frames are errors.
func FuzzFrame(f *testing.F) {
	f.Add("s", "shardId-000000000000", "49", "key é", "12", []byte("a\x00\xff"), int64(3), int64(1_700_000_000_123))
	f.Add("", "", "", "", "", []byte{}, int64(-1), int64(0))
	f.Fuzz(func(t *testing.T, stream, shard, sequence, key, hashKey string, data []byte, sub, arrival int64) {
		want := record.Record{Stream: stream, ShardID: shard, SequenceNumber: sequence, PartitionKey: key, ExplicitHashKey: hashKey, Data: data}
		if sub >= 0 {
			want.Aggregated, want.SubSequenceNumber = true, sub
		}
		const year9999 = 253_402_300_799_000
		if arrival %= year9999; arrival != 0 {
			want.ApproximateArrivalTimestamp = time.UnixMilli(arrival).UTC()
		}
		frames := []byte(nil)
		for range 2 {
			var err error
			if frames, err = Encode(frames, want); err != nil {
				t.Fatal(err)
			}
		}
		rest := frames
		for range 2 {
			var got record.Record
			var frame []byte
			var err error
			if got, frame, rest, err = cutFrame(rest); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(frame, frames[:len(frames)/2]) {
				t.Fatalf("frame %q, want %q", frame, frames[:len(frames)/2])
			}
			if !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("data %q, want %q", got.Data, want.Data)
			}
			if got.Data = want.Data; !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
		if len(rest) != 0 {
			t.Fatalf("%d bytes are left", len(rest))
		}
		one := frames[:len(frames)/2]
		if _, _, _, err := cutFrame(one[:len(one)-1]); err == nil && len(data) > 0 {
			t.Fatal("a torn frame was taken")
		}
		cutFrame(data) // must not panic
	})
}

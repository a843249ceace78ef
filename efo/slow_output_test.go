package efo

import (
	"context"
	"reflect"
	"testing"
	"time"

	"kin/reader"
)

// Bug 16: time under back-pressure counted as a timeout, and ended the job.
func TestBug16SlowOutputIsNoFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		var steps []step
		want := ""
		for n := 1; n <= 20; n++ {
			steps = append(steps, sendsEvent(records(n, n)))
			want += string(records(n, n).Records[0].Data) + " "
		}
		s.script("a", sends(steps...))
		r := newRun(s)
		r.reader.FetchBufferSize = 2_000
		r.reader.RetryFor = time.Minute
		r.handle = func(*reader.Batch) error { time.Sleep(31 * time.Second); return nil }
		wantPayloads(t, r, 21*31*time.Second, want, "TRIM_HORIZON @0s")
	})
}

func TestEventsCountInTheFetchBuffer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		big := records(1, 1)
		big.Records[0].Data = make([]byte, 1<<20)
		s := newService(t, "a")
		s.script("a", sends(step{}, sendsEvent(big), fails("InternalFailureException")), sends(sendsEvent(emptyEvent(2))))
		r := newRun(s)
		r.reader.AvailableNow = true
		rooms := &watchedRoom{}
		r.wrap = func(next reader.Source) reader.Source { return watchedSource{next, rooms} }
		if err := r.do(t.Context()); err != nil {
			t.Error(err)
		}
		event, other := encodedSize(frameSize(big)), encodedSize(frameSize(nil))
		if event < 2<<20 || event > 3<<20 {
			t.Errorf("an event of 1 MiB takes %d", event)
		}
		want := watchedRoom{taken: []int64{other, event, other, other}, returned: []int64{other, other}, reported: []int64{event, other}}
		if rooms.Room = nil; !reflect.DeepEqual(*rooms, want) {
			t.Errorf("got %d, want %d", *rooms, want)
		}
	})
}

// watchedSource records how a source uses its Room.
type watchedSource struct {
	reader.Source
	rooms *watchedRoom
}

type watchedRoom struct {
	reader.Room
	taken, returned []int64
	reported        []int64 // Taken of the responses
}

func (w watchedSource) Next(ctx context.Context, room reader.Room) (*reader.Response, error) {
	w.rooms.Room = room
	resp, err := w.Source.Next(ctx, w.rooms)
	if resp != nil {
		w.rooms.reported = append(w.rooms.reported, resp.Taken)
	}
	return resp, err
}

func (w *watchedRoom) Take(ctx context.Context, size int64) error {
	w.taken = append(w.taken, size)
	return w.Room.Take(ctx, size)
}

func (w *watchedRoom) Return(size int64) {
	w.returned = append(w.returned, size)
	w.Room.Return(size)
}

func TestSlowOutputStopsReceiving(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		for _, id := range []string{"a", "b"} {
			var steps []step
			for i := range 10 {
				big := records(i+1, i+1)
				big.Records[0].Data = make([]byte, 1<<20)
				steps = append(steps, sendsEvent(big))
			}
			s.script(id, sends(steps...))
		}
		r := newRun(s)
		r.reader.FetchBufferSize = 4 << 20
		r.handle = func(*reader.Batch) error { time.Sleep(time.Hour); return nil }
		r.doFor(30 * time.Minute)
		// The handler has one event, and one more fits in the buffer. The next is received only
		// when there is room.
		if s.sent != 2 {
			t.Errorf("%d events of 1 MiB were received with a buffer of 4 MiB, want 2", s.sent)
		}
	})
}

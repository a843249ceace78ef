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
		budget := &watchedBudget{}
		r.wrap = func(next reader.Source) reader.Source { return watchedSource{next, budget} }
		if err := r.do(t.Context()); err != nil {
			t.Error(err)
		}
		event, other := encodedSize(frameSize(big)), encodedSize(frameSize(nil))
		if event < 2<<20 || event > 3<<20 {
			t.Errorf("an event of 1 MiB takes %d", event)
		}
		want := watchedBudget{reserved: []int64{other, event, other, other}, released: []int64{other, other}, reported: []int64{event, other}}
		if budget.Budget = nil; !reflect.DeepEqual(*budget, want) {
			t.Errorf("got %d, want %d", *budget, want)
		}
	})
}

// watchedSource records how a source uses its Budget.
type watchedSource struct {
	reader.Source
	budget *watchedBudget
}

type watchedBudget struct {
	reader.Budget
	reserved, released []int64
	reported           []int64 // Reserved of the responses
}

func (w watchedSource) Next(ctx context.Context, budget reader.Budget) (*reader.Response, error) {
	w.budget.Budget = budget
	resp, err := w.Source.Next(ctx, w.budget)
	if resp != nil {
		w.budget.reported = append(w.budget.reported, resp.Reserved)
	}
	return resp, err
}

func (w *watchedBudget) Reserve(ctx context.Context, size int64) error {
	w.reserved = append(w.reserved, size)
	return w.Budget.Reserve(ctx, size)
}

func (w *watchedBudget) Release(size int64) {
	w.released = append(w.released, size)
	w.Budget.Release(size)
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

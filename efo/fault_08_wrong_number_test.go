package efo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/kinesistest"
	"kin/reader"
)

// The last record of an event has a much too high sequence number.
func TestFault08EventsAfterATooHighNumberAreNotDroppedSilently(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		bad := records(1, 3)
		bad.Records[2].SequenceNumber = aws.String("999")
		s.script("a", sends(sendsEvent(bad), sendsEvent(records(4, 5))), sends(sendsEvent(records(3, 5))), sends(sendsEvent(records(3, 6))))
		r := newRun(s)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		err := r.do(ctx)
		var wrong *reader.SequenceError
		if !errors.As(err, &wrong) || wrong.SequenceNumber != "999" {
			t.Errorf("got %q, %v", r.text(), err)
		}
		// kin reads again from the start of the event with the wrong number.
		if calls := s.callsFor("a"); len(calls) != 3 || !strings.HasPrefix(calls[1], "TRIM_HORIZON ") || !strings.HasPrefix(calls[2], "TRIM_HORIZON ") {
			t.Errorf("calls %q", calls)
		}
	})
}

// The first record of an event has a number between the last two that kin received.
func TestFault08EventWithATooLowNumberIsReadAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		first, bad := records(10, 11), records(30, 31)
		first.Records[1].SequenceNumber, first.Records[1].Data = aws.String("20"), []byte("20")
		bad.Records[0].SequenceNumber = aws.String("15")
		again := records(30, 31)
		again.Records = append(first.Records[1:2:2], again.Records...)
		first.ContinuationSequenceNumber = aws.String("20")
		s.script("a", sends(sendsEvent(first), sendsEvent(bad)), sends(sendsEvent(again), sendsEvent(records(32, 32))))
		r := newRun(s)
		r.doFor(time.Minute)
		if got := r.text(); got != "10 20 30 31 32 " {
			t.Errorf("got %q; messages %q; calls %q", got, r.messages, s.callsFor("a"))
		}
		if messages := strings.Join(r.messages, "\n"); strings.Contains(messages, "from before the position") {
			t.Errorf("messages %q", messages)
		}
	})
}

// A checkpoint has the wrong number of an event. The next events show that the number is too high.
func TestFault08SavedTooHighNumberIsMovedBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		bad := records(3, 4)
		bad.Records[1].SequenceNumber = aws.String("999")
		s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(bad), step{after: time.Second, event: records(5, 6)}), sends(sendsEvent(records(4, 6))), sends(sendsEvent(records(4, 7))))
		r, m := newRun(s), kinesistest.NewMemory()
		r.reader.Positions = m
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		err := r.do(ctx)
		var wrong *reader.SequenceError
		if !errors.As(err, &wrong) || wrong.Hint() != "kin moved the checkpoint back to before that record: run kin again" {
			t.Fatalf("got %q, %v", r.text(), err)
		}
		if at := m.Position("a"); at != "AFTER_SEQUENCE_NUMBER 2" {
			t.Errorf("saved %s", at)
		}
	})
}

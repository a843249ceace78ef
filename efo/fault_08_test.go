package efo

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/service"
)

func TestFault08InvalidEventsAreNotUsed(t *testing.T) {
	for name, spoil := range map[string]func(*types.SubscribeToShardEvent){
		"a null record":                    func(e *types.SubscribeToShardEvent) { e.Records[1] = types.Record{} },
		"no records":                       func(e *types.SubscribeToShardEvent) { e.Records = nil },
		"a record without payload":         func(e *types.SubscribeToShardEvent) { e.Records[1].Data = nil },
		"a sequence number without digits": func(e *types.SubscribeToShardEvent) { e.Records[1].SequenceNumber = aws.String("abc") },
		"records out of order":             func(e *types.SubscribeToShardEvent) { e.Records[0], e.Records[1] = e.Records[1], e.Records[0] },
		"a record of 1970": func(e *types.SubscribeToShardEvent) {
			e.Records[1].ApproximateArrivalTimestamp = aws.Time(time.Unix(1, 0))
		},
		"a record of 2281, as the SDK decodes it": func(e *types.SubscribeToShardEvent) {
			e.Records[1].ApproximateArrivalTimestamp = aws.Time(time.Now().AddDate(-2, 0, 0))
		},
		"a number of 187 bits": func(e *types.SubscribeToShardEvent) {
			e.Records[1].SequenceNumber = aws.String(strings.Repeat("9", 56))
		},
		"MillisBehindLatest below 0":    func(e *types.SubscribeToShardEvent) { e.MillisBehindLatest = aws.Int64(-1) },
		"MillisBehindLatest too high":   func(e *types.SubscribeToShardEvent) { e.MillisBehindLatest = aws.Int64(9_300_000_000_000_000) },
		"a continuation without digits": func(e *types.SubscribeToShardEvent) { e.ContinuationSequenceNumber = aws.String("abc") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				bad := records(3, 4)
				spoil(bad)
				s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(bad)), sends(sendsEvent(records(3, 4))))
				r := newRun(s)
				m := newMemory()
				r.reader.Positions = m
				r.doFor(time.Minute)
				if got := r.text(); got != "1 2 3 4 " {
					t.Errorf("got %q", got)
				}
				if at := m.file.Streams[0].Shards["a"]; at.SequenceNumber != "4" || at.Continuation != "4" || at.Kind != record.AfterSequenceNumber {
					t.Errorf("saved %+v", at)
				}
				if made := s.callsFor("a"); len(made) < 2 || !strings.HasPrefix(made[1], "AFTER_SEQUENCE_NUMBER:2 ") {
					t.Errorf("subscribed at %q", made)
				}
			})
		})
	}
}

func TestFault08RecordsBeforeThePositionAreDroppedAndReported(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(8, 11)), streamEnd), sends(sendsEvent(records(8, 9)), sendsEvent(records(10, 11)), sendsEvent(records(11, 13)), sendsEvent(records(11, 13))))
		r := newRun(s)
		m := newMemory()
		r.reader.Positions = m
		r.doFor(20 * time.Second)
		if got := r.text(); got != "8 9 10 11 12 13 " {
			t.Errorf("got %q", got)
		}
		if at := m.file.Streams[0].Shards["a"]; at.SequenceNumber != "13" || at.Continuation != "13" {
			t.Errorf("saved %+v", at)
		}
		messages := slices.DeleteFunc(r.messages, func(m string) bool { return !strings.Contains(m, messageOldRecords) })
		if want := []string{messageOldRecords}; !slices.Equal(messages, want) {
			t.Errorf("messages %q", r.messages)
		}
	})
}

func TestFault08SubscriptionWithAnImplausibleDateIsNotUsed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2))))
		r := newRun(s)
		subscribed := 0
		r.o.Subscribe = func(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
			stream, err := s.subscribe(ctx, in)
			if subscribed++; err == nil && subscribed == 1 {
				return wrongDate{stream}, nil
			}
			return stream, err
		}
		s.script("a", sends(sendsEvent(records(1, 2))))
		m := newMemory()
		r.reader.Positions = m
		r.doFor(time.Minute)
		if got := r.text(); got != "1 2 " || subscribed != 2 {
			t.Errorf("got %q after %d subscriptions", got, subscribed)
		}
		if at := m.file.Streams[0].Shards["a"]; at.UpdatedAt.Year() != 2026 {
			t.Errorf("saved %+v", at)
		}
	})
}

// wrongDate is a stream of a service whose Date is in 1970.
type wrongDate struct{ service.EventStream }

func (wrongDate) ServerTime() time.Time { return time.Unix(1, 0) }

func TestFault08InvalidConsumersAreRejected(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	name, arn := "kin_a", testStream+"/consumer/kin_a:1"
	for _, c := range []struct {
		name, arn *string
		created   *time.Time
		ok        bool
	}{
		{&name, &arn, &now, true},
		{&name, &arn, nil, true},
		{nil, &arn, &now, false},
		{aws.String(""), &arn, &now, false},
		{aws.String("a b"), &arn, &now, false},
		{&name, nil, &now, false},
		{&name, aws.String("kin_a"), &now, false},
		{&name, &arn, aws.Time(time.Unix(0, 0)), false}, // kin would prune it at any age limit
	} {
		if err := checkConsumer("", c.name, c.arn, c.created); (err == nil) != c.ok {
			t.Errorf("%q, %q, %v: %v", aws.ToString(c.name), aws.ToString(c.arn), c.created, err)
		}
	}
}

// An event ends an open shard and names a child that no list shows.
func TestFault08EndThatListShardsContradictsIsNotUsed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.staleListings = 1 << 30 // the shard stays open
		bad := records(3, 4)
		bad.ContinuationSequenceNumber, bad.ChildShards = nil, []types.ChildShard{child("x", "a")}
		s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(bad)), sends(sendsEvent(records(3, 6))))
		r := newRun(s)
		m := newMemory()
		r.reader.Positions = m
		r.doFor(time.Minute)
		if got := r.text(); got != "1 2 3 4 5 6 " {
			t.Errorf("got %q", got)
		}
		if at := m.file.Streams[0].Shards["a"]; at.Kind != record.AfterSequenceNumber || at.SequenceNumber != "6" {
			t.Errorf("saved %+v", at)
		}
	})
}

// Events end a closed shard, but report remaining records.
func TestFault08EndWithRemainingRecordsIsNotUsed(t *testing.T) {
	for name, c := range map[string]struct {
		behind int64
		times  int
		want   string
	}{
		"once":   {1000, 1, "1 2 3 4 5 6 7 "},
		"twice":  {1000, 2, "1 2 3 4 5 6 7 "},
		"always": {1000, 9, "1 2 3 4 7 "}, // a server that always ends shards like this
	} {
		inBubble(t, func(t *testing.T) {
			s := newService(t, "a")
			s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1"), EndingSequenceNumber: aws.String("9")}
			bad := records(3, 4)
			bad.ContinuationSequenceNumber, bad.ChildShards, bad.MillisBehindLatest = nil, []types.ChildShard{child("b", "a")}, &c.behind
			s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(bad)))
			for range c.times - 1 {
				s.script("a", sends(sendsEvent(bad)))
			}
			s.script("a", sends(sendsEvent(records(3, 6)), sendsEvent(endEvent(child("b", "a")))))
			s.script("b", sends(sendsEvent(records(7, 7))))
			r := newRun(s)
			r.doFor(2 * time.Minute)
			if got := r.text(); got != c.want {
				t.Errorf("%s: got %q, want %q; messages %q", name, got, c.want, r.messages)
			}
		})
	}
}

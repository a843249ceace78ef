package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
)

// renumber changes the sequence number of a record in an answer.
func renumber(was, is string) func(any) {
	return func(out any) {
		for i, r := range out.(*service.GetRecordsOutput).Records {
			if *r.SequenceNumber == was {
				out.(*service.GetRecordsOutput).Records[i].SequenceNumber = aws.String(is)
			}
		}
	}
}

// TestFault08ReportsRecordsAfterAFalseHighNumber is about an answer whose last record has a much
// too high number.
func TestFault08ReportsRecordsAfterAFalseHighNumber(t *testing.T) {
	for page := 1; page <= 3; page++ {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 6)})
			f.Page = page
			client := &spoiled{Fake: f, call: "GetRecords", left: 1, spoil: renumber(fmt.Sprint(page), "999")}
			o, m := bounded(), kinesistest.NewMemory()
			o.Positions = m
			got, err := readFor(t, client, time.Hour, o)
			var wrong *SequenceError
			if !errors.As(err, &wrong) || wrong.SequenceNumber != "999" {
				t.Fatalf("page %d: got %q, %v", page, got, err)
			}
			// The contradiction ends the run before the false number is saved.
			if hint := wrong.Hint(); hint != "the checkpoint is from before that record: run kin again" || wrong.Unusable() {
				t.Errorf("page %d: hint %q, unusable %t; saved %s", page, hint, wrong.Unusable(), m.Position("a"))
			}
			if took := time.Since(f.Began); took > 10*time.Second {
				t.Errorf("ended after %s", took)
			}
		})
	}
}

// TestFault08FetchesAgainAfterAFalseLowNumber is about an answer whose first record has a number
// between the last two that kin received.
func TestFault08FetchesAgainAfterAFalseLowNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{10, 20, 30, 40, 50}})
		f.Page = 2
		f.Hours = aws.Int32(24)
		client := &spoiled{Fake: f, call: "GetRecords", left: 2, spoil: renumber("30", "15")}
		o, m := bounded(), kinesistest.NewMemory()
		var messages []string
		o.Positions, o.Info = m, func(m string) { messages = append(messages, m) }
		got, err := readFor(t, client, time.Hour, o)
		if err != nil || !slices.Equal(got, []string{"10", "20", "30", "40", "50"}) || len(messages) > 0 {
			t.Errorf("got %q, %v; messages %q", got, err, messages)
		}
		if calls := strings.Join(f.Calls, "\n"); strings.Count(calls, "GetShardIterator a TRIM_HORIZON ") != 2 { // where the answer with 20 began
			t.Errorf("calls %s", calls)
		}
	})
}

// TestFault08RejectsManyFalseNumbersInAnAnswer is about an answer with several numbers that are
// much too high, or whose first number is too low. No later record may be lost without a message.
func TestFault08RejectsManyFalseNumbersInAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		spoil map[string]string
		heals bool
	}{
		"the last two":   {map[string]string{"3": "998", "4": "999"}, false},
		"all of them":    {map[string]string{"1": "996", "2": "997", "3": "998", "4": "999"}, false},
		"the first one":  {map[string]string{"5": "1"}, true},
		"the first, low": {map[string]string{"9": "2"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 12)})
				f.Page = 4
				client := &spoiled{Fake: f, call: "GetRecords", left: 1, spoil: func(out any) {
					for was, is := range c.spoil {
						renumber(was, is)(out)
					}
				}}
				if c.heals { // not the first answer
					client.left = 3
				}
				got, err := readFor(t, client, time.Hour, bounded())
				var wrong *SequenceError
				switch {
				case c.heals && (err != nil || !slices.Equal(got, numbers(1, 12))):
					t.Errorf("got %q, %v", got, err)
				case !c.heals && !errors.As(err, &wrong):
					t.Errorf("got %q, %v, want that the number cannot be right", got, err)
				}
			})
		})
	}
}

// TestFault08MovesASavedFalseNumberBack is about a checkpoint that already has the false number
// when the next answers contradict it. The next run reads the answer with that number again.
func TestFault08MovesASavedFalseNumberBack(t *testing.T) {
	for name, spoil := range map[string]map[string]string{
		"of the first answer":  {"3": "998", "4": "999"},
		"of the second answer": {"8": "999"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 12)})
				f.Page = 4
				client := &spoiled{Fake: f, call: "GetRecords", left: 2, spoil: func(out any) {
					for was, is := range spoil {
						renumber(was, is)(out)
					}
				}}
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions, o.MaxFetchDuration = m, time.Millisecond
				_, err := readFor(t, client, time.Hour, o)
				var wrong *SequenceError
				if !errors.As(err, &wrong) || wrong.Hint() != "kin moved the checkpoint back to before that record: run kin again" {
					t.Fatalf("got %v", err)
				}
				o.Positions = m
				got, err := readFor(t, f, time.Hour, o)
				if err != nil || !slices.Equal(got[max(0, len(got)-8):], numbers(5, 12)) {
					t.Errorf("the next run got %q, %v", got, err)
				}
			})
		})
	}
}

// fromTheStart ignores the positions of iterators.
type fromTheStart struct{ *kinesistest.Fake }

func (f fromTheStart) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	oldest := *in
	oldest.ShardIteratorType, oldest.StartingSequenceNumber = types.ShardIteratorTypeTrimHorizon, ""
	return f.Fake.GetShardIterator(ctx, &oldest)
}

// TestFault08SavedNumberThatIsTooHighEndsTheRun is about a checkpoint with a false number, and a
// server that sends earlier records.
func TestFault08SavedNumberThatIsTooHighEndsTheRun(t *testing.T) {
	for saved, want := range map[string]bool{"999": true, "6": false, "3": false} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 6)})
			f.Page = 2
			o, m := bounded(), kinesistest.NewMemory()
			o.Positions = m
			now := record.Time{Time: time.Now()}
			m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", StartedAt: now, Shards: map[string]checkpoint.Shard{
				"a": {Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: saved}, UpdatedAt: now, ReadThrough: now},
			}}}
			got, err := readFor(t, fromTheStart{f}, time.Hour, o)
			var wrong *SequenceError
			if errors.As(err, &wrong) != want || err != nil && !want {
				t.Errorf("behind %s: got %q, %v", saved, got, err)
			}
			if saved == "3" && !slices.Equal(got, numbers(4, 6)) {
				t.Errorf("behind %s: got %q", saved, got)
			}
		})
	}
}

// TestFault08MovesEverySavedFalseNumberBack is about a run that ends while answers contradict saved
// positions. All of them move back, for whatever reason the run ends.
func TestFault08MovesEverySavedFalseNumberBack(t *testing.T) {
	for name, denied := range map[string]bool{"of two shards": false, "with a call that is denied": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: numbersOf(1, 12)}, &kinesistest.Shard{ID: "b", Records: numbersOf(101, 112)})
				f.Page = 4
				var iterators atomic.Int32
				f.Hook = func(call, _ string) error {
					if call == "GetShardIterator" {
						iterators.Add(1)
					}
					if denied && iterators.Load() > 2 { // kin fetches again from before the doubtful number
						return kinesistest.APIError("AccessDeniedException")
					}
					return nil
				}
				client := &spoiled{Fake: f, call: "GetRecords", left: 4, spoil: func(out any) { renumber("8", "999")(out); renumber("108", "998")(out) }}
				o, m := bounded(), kinesistest.NewMemory()
				var messages []string
				o.Positions, o.MaxFetchDuration, o.Info = m, time.Millisecond, func(m string) { messages = append(messages, m) }
				_, err := readFor(t, client, time.Hour, o)
				var wrong *SequenceError
				if errors.As(err, &wrong) == denied || err == nil {
					t.Fatalf("got %v", err)
				}
				if at := []string{m.Position("a"), m.Position("b")}; !slices.Equal(at, []string{"AFTER_SEQUENCE_NUMBER 4", "AFTER_SEQUENCE_NUMBER 104"}) {
					t.Errorf("saved %q; messages %q", at, messages)
				}
				for id, shard := range m.File.Streams[0].Shards {
					if through, last := shard.ReadThrough.Time, kinesistest.Arrival(map[string]int{"a": 4, "b": 104}[id]); through.After(last) {
						t.Errorf("%s is saved as read through %s; its last record arrived at %s", id, through, last)
					}
				}
				moved := 0
				for _, line := range messages {
					if strings.HasSuffix(line, " may be wrong: kin moved the checkpoint back to before that record") {
						moved++
					}
				}
				if want := map[bool]int{true: 2, false: 1}[denied]; moved != want { // the error has the message about the other one
					t.Errorf("messages %q, want %d positions moved back", messages, want)
				}
				f.Hook = nil
				got, err := readFor(t, f, time.Hour, o)
				once(t, got, append(numbers(5, 12), numbers(105, 112)...))
				if err != nil {
					t.Errorf("the next run: %v", err)
				}
			})
		})
	}
}

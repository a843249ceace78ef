package local

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// AFTER_SEQUENCE_NUMBER with the continuation of any event skips no record and repeats none.
// AT_SEQUENCE_NUMBER repeats at most the record before it.
func TestContinuationSkipsAndRepeatsNothing(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		var want []string
		from := fromLatest
		for i := range 20 {
			s := f.open(from)
			event := s.next()
			if i%3 != 0 { // in the other rounds no record is put here
				_ = s.stream.Close()
				f.endpoint.Advance(6 * time.Second)
				var several []string
				for n := range i {
					several = append(several, fmt.Sprint(i, " ", n))
					f.put(t, several[n], "k")
				}
				want = append(want, several...)
				s = f.open(at(types.ShardIteratorTypeAfterSequenceNumber, event.ContinuationSequenceNumber))
				event = s.next()
				if got := payloads(event); !slices.Equal(got, several) {
					t.Fatalf("round %d: got %q, want %q", i, got, several)
				}
			}
			if i%4 == 0 {
				event = s.next() // five seconds later
			}
			_ = s.stream.Close()
			missed := fmt.Sprint("missed ", i)
			if i%2 == 0 { // in the other rounds the record is put in the same second as the event
				f.endpoint.Advance(6 * time.Second)
			}
			f.put(t, missed, "k")
			f.endpoint.Advance(6 * time.Second)
			it := f.iterator(t, kinesis.GetShardIteratorInput{
				ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: event.ContinuationSequenceNumber,
			})
			got, _ := f.read(t, it)
			if n := len(got); n == 0 || got[n-1] != missed || n > 2 || n == 2 && (len(want) == 0 || got[0] != want[len(want)-1]) {
				t.Fatalf("round %d: AT the continuation is %q, want %q, perhaps after the last of %q", i, got, missed, want)
			}
			s = must(subscribe(t, f.Client, f.arn, at(types.ShardIteratorTypeAfterSequenceNumber, event.ContinuationSequenceNumber)))(t)
			event = s.next()
			if got := payloads(event); !slices.Equal(got, []string{missed}) {
				t.Fatalf("round %d: AFTER the continuation is %q, want %q", i, got, missed)
			}
			_ = s.stream.Close()
			f.endpoint.Advance(6 * time.Second)
			want = append(want, missed)
			from = at(types.ShardIteratorTypeAfterSequenceNumber, event.ContinuationSequenceNumber)
		}
	})
}

// The continuation of an idle shard stays valid after the last record is trimmed.
func TestContinuationStaysValidAfterTrimming(t *testing.T) {
	for _, trimmed := range []Trimmed{TrimmedOldest, TrimmedError, TrimmedEmpty} {
		inBubble(t, 1, Options{Trimmed: trimmed}, func(t *testing.T, f *fanOut) {
			old := f.put(t, "old", "k")
			f.endpoint.Advance(23 * time.Hour)
			s := f.open(fromHorizon)
			s.next()
			idle := s.next()
			f.endpoint.Advance(2 * time.Hour)
			f.put(t, "new", "k")
			if got := payloads(must(subscribe(t, f.Client, f.arn, at(types.ShardIteratorTypeAfterSequenceNumber, idle.ContinuationSequenceNumber)))(t).next()); !slices.Equal(got, []string{"new"}) {
				t.Errorf("%s: got %q", trimmed, got)
			}
			f.endpoint.Advance(5 * time.Second)
			s, err := subscribe(t, f.Client, f.arn, at(types.ShardIteratorTypeAfterSequenceNumber, old.SequenceNumber))
			if trimmed == TrimmedError {
				wantCode(t, err, "InvalidArgumentException")
				return
			}
			event := must(s, err)(t).next()
			if trimmed == TrimmedOldest && !slices.Equal(payloads(event), []string{"new"}) ||
				trimmed == TrimmedEmpty && (len(event.Records) != 0 || *event.MillisBehindLatest != day.Milliseconds()) {
				t.Errorf("%s: got %+v", trimmed, event)
			}
			if trimmed != TrimmedEmpty {
				return
			}
			second := s.next() // five seconds later, with the same position
			f.endpoint.Advance(5 * time.Second)
			event = must(subscribe(t, f.Client, f.arn, at(types.ShardIteratorTypeAfterSequenceNumber, second.ContinuationSequenceNumber)))(t).next()
			if len(event.Records) != 0 || *event.MillisBehindLatest != day.Milliseconds() {
				t.Errorf("%s: after that got %+v", trimmed, event)
			}
		})
	}
}

func TestSubscribeToShardErrors(t *testing.T) {
	inBubble(t, 1, Options{ConsumerCreatingDelay: time.Second, ConsumerDeletingDelay: time.Second}, func(t *testing.T, f *fanOut) {
		_, err := subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "ResourceInUseException")
		if !strings.HasSuffix(messageOf(err), "is not in ACTIVE status.") {
			t.Errorf("a CREATING consumer: %v", err)
		}
		f.endpoint.Advance(time.Second)
		out := f.put(t, "x", "k")
		future := types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(f.endpoint.Now().Add(time.Minute))}
		for _, c := range []struct {
			consumer, shard string
			from            *types.StartingPosition
			code            string
		}{
			{"nobody", shard0, fromLatest, "ValidationException"},
			{f.arn[:len(f.arn)-1], shard0, fromLatest, "ResourceNotFoundException"},
			{strings.Replace(f.arn, "orders", "ordres", 1), shard0, fromLatest, "ResourceNotFoundException"},
			{f.arn, "shardId-000000000001", fromLatest, "ResourceNotFoundException"},
			{f.arn, "shard", fromLatest, "ResourceNotFoundException"},
			{f.arn, shard0, at("SOMEWHERE", nil), "ValidationException"},
			{f.arn, shard0, at(types.ShardIteratorTypeAfterSequenceNumber, nil), "InvalidArgumentException"},
			{f.arn, shard0, at(types.ShardIteratorTypeLatest, out.SequenceNumber), "InvalidArgumentException"},
			{f.arn, shard0, at(types.ShardIteratorTypeAtTimestamp, nil), "InvalidArgumentException"},
			{f.arn, shard0, at(types.ShardIteratorTypeAtSequenceNumber, aws.String("12")), "InvalidArgumentException"},
			{f.arn, shard0, at(types.ShardIteratorTypeAtSequenceNumber, aws.String("x")), "ValidationException"},
			{f.arn, shard0, &future, "InvalidArgumentException"},
		} {
			if _, err := subscribeShard(t, f.Client, c.consumer, c.shard, c.from); codeOf(err) != c.code {
				t.Errorf("%s %s %s: got %v, want %s", c.consumer, c.shard, c.from.Type, err, c.code)
			}
		}
		_, err = f.SubscribeToShard(f.ctx, &kinesis.SubscribeToShardInput{ConsumerARN: &f.arn, ShardId: aws.String(shard0), StartingPosition: fromLatest, DryRun: aws.Bool(true)})
		wantCode(t, err, "DryRunOperationException")
		f.open(fromLatest) // succeeds, because none of the calls above began a subscription

		if _, err := f.DeregisterStreamConsumer(f.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &f.arn}); err != nil {
			t.Fatal(err)
		}
		_, err = subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "ResourceInUseException")
	})
}

func TestEveryStartingPosition(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		f.put(t, "1", "k")
		f.endpoint.Advance(time.Second)
		two := f.put(t, "2", "k")
		at2 := f.endpoint.Now()
		f.endpoint.Advance(time.Second)
		f.put(t, "3", "k")
		for _, c := range []struct {
			from types.StartingPosition
			want string
		}{
			{*fromHorizon, "1 2 3"},
			{*fromLatest, ""},
			{*at(types.ShardIteratorTypeAtSequenceNumber, two.SequenceNumber), "2 3"},
			{*at(types.ShardIteratorTypeAfterSequenceNumber, two.SequenceNumber), "3"},
			{types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp, Timestamp: &at2}, "2 3"},
		} {
			s := f.open(&c.from)
			if got := strings.Join(payloads(s.next()), " "); got != c.want {
				t.Errorf("%s: got %q, want %q", c.from.Type, got, c.want)
			}
			f.endpoint.Advance(5 * time.Second)
		}
	})
}

package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// fanOut is an endpoint without a network, with the stream orders and its
// consumer audit, and a client of it.
type fanOut struct {
	subject
	endpoint *Endpoint
	t        *testing.T
	arn      string
}

// inBubble runs a test in a bubble, in which the endpoint's clock is the
// bubble's.
func inBubble(t *testing.T, shards int, o Options, test func(*testing.T, *fanOut)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if o.Limits == "" {
			o.Limits = LimitsOff
		}
		o.Streams = []StreamSpec{{"orders", shards}}
		e, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		client := kinesis.New(kinesis.Options{
			BaseEndpoint: aws.String("http://kinesis"),
			Region:       Region,
			Credentials:  credentials.NewStaticCredentialsProvider("kin", "kin", ""),
			HTTPClient:   &http.Client{Transport: e},
			Retryer:      aws.NopRetryer{},
		})
		f := &fanOut{subject: subject{Client: client, ctx: t.Context(), name: "orders"}, endpoint: e, t: t}
		f.arn = f.register("audit")
		synctest.Wait()
		test(t, f)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func (f *fanOut) register(name string) string {
	f.t.Helper()
	out, err := f.Client.RegisterStreamConsumer(f.ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"), ConsumerName: &name,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return *out.Consumer.ConsumerARN
}

func at(kind types.ShardIteratorType, sequence *string) *types.StartingPosition {
	return &types.StartingPosition{Type: kind, SequenceNumber: sequence}
}

var (
	fromHorizon = at(types.ShardIteratorTypeTrimHorizon, nil)
	fromLatest  = at(types.ShardIteratorTypeLatest, nil)
)

// subscribed is an open event stream.
type subscribed struct {
	t      *testing.T
	stream *kinesis.SubscribeToShardEventStream
}

func subscribe(t *testing.T, client *kinesis.Client, consumer string, from *types.StartingPosition) (*subscribed, error) {
	return subscribeShard(t, client, consumer, shard0, from)
}

func subscribeShard(t *testing.T, client *kinesis.Client, consumer, shard string, from *types.StartingPosition) (*subscribed, error) {
	// All streams of one client of SDK 1.56 share a buffer: a data race.
	client = kinesis.New(client.Options())
	out, err := client.SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: &consumer, ShardId: &shard, StartingPosition: from,
	})
	if err != nil {
		return nil, err
	}
	s := &subscribed{t, out.GetStream()}
	t.Cleanup(func() { _ = s.stream.Close() })
	return s, nil
}

func (f *fanOut) open(from *types.StartingPosition) *subscribed {
	f.t.Helper()
	return must(subscribe(f.t, f.Client, f.arn, from))(f.t)
}

// next is the next event; it fails the test at the end of the stream.
func (s *subscribed) next() types.SubscribeToShardEvent {
	s.t.Helper()
	e, ok := <-s.stream.Events()
	if !ok {
		s.t.Fatalf("the stream ended with %v", s.stream.Err())
	}
	return e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
}

// end wants the end of the stream next, and returns its error.
func (s *subscribed) end() error {
	s.t.Helper()
	if e, ok := <-s.stream.Events(); ok {
		s.t.Fatalf("an event came, not the end: %+v", e)
	}
	return s.stream.Err()
}

// rest reads to the end.
func (s *subscribed) rest() (data []string, err error) {
	for e := range s.stream.Events() {
		data = append(data, payloads(e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value)...)
	}
	return data, s.stream.Err()
}

func payloads(e types.SubscribeToShardEvent) []string {
	var data []string
	for _, r := range e.Records {
		data = append(data, string(r.Data))
	}
	return data
}

func TestASubscriptionPushesAtOnceAndSaysSomethingEveryFiveSeconds(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		began := time.Now()
		s := f.open(fromLatest)
		first := s.next()
		if len(first.Records) != 0 || first.ContinuationSequenceNumber == nil || *first.MillisBehindLatest != 0 || first.ChildShards != nil {
			t.Errorf("the first event is %+v", first)
		}
		f.put(t, "a", "k")
		if got := payloads(s.next()); !slices.Equal(got, []string{"a"}) || time.Since(began) != 0 {
			t.Errorf("got %q after %s", got, time.Since(began))
		}
		time.Sleep(2 * time.Second)
		out := f.put(t, "b", "k")
		event := s.next()
		if got := payloads(event); !slices.Equal(got, []string{"b"}) || time.Since(began) != 2*time.Second {
			t.Errorf("got %q after %s", got, time.Since(began))
		}
		if r := event.Records[0]; *r.SequenceNumber != *out.SequenceNumber || *r.PartitionKey != "k" || !r.ApproximateArrivalTimestamp.Equal(time.Now()) ||
			*event.ContinuationSequenceNumber != *out.SequenceNumber {
			t.Errorf("got %+v", event)
		}
		for i := range 3 {
			event := s.next()
			if len(event.Records) != 0 || event.ContinuationSequenceNumber == nil || time.Since(began) != 2*time.Second+time.Duration(i+1)*5*time.Second {
				t.Errorf("empty event %d: %d records after %s", i, len(event.Records), time.Since(began))
			}
		}
	})
}

func TestAQuietStart(t *testing.T) {
	inBubble(t, 1, Options{QuietStart: true}, func(t *testing.T, f *fanOut) {
		began := time.Now()
		s := f.open(fromLatest)
		if s.next(); time.Since(began) != 5*time.Second {
			t.Errorf("the first event came after %s", time.Since(began))
		}
	})
}

func TestASubscriptionLivesFiveMinutes(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		began := time.Now()
		s := f.open(fromHorizon)
		if _, err := s.rest(); err != nil || time.Since(began) != 5*time.Minute {
			t.Errorf("ended after %s with %v", time.Since(began), err)
		}
	})
}

func TestMovingTheClockEndsASubscriptionAtOnce(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		s := f.open(fromHorizon)
		s.next()
		synctest.Wait()
		began := time.Now()
		f.endpoint.Advance(4 * time.Minute)
		s.next() // the empty event that is due
		f.endpoint.Advance(time.Minute)
		if err := s.end(); err != nil || time.Since(began) != 0 {
			t.Errorf("ended after %s with %v", time.Since(began), err)
		}
	})
}

// AFTER the continuation sequence number of any event nothing is missing and
// nothing comes twice; AT it, at most the record before comes again.
func TestContinuationIsWhereToGoOn(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		var want []string
		from := fromLatest
		for i := range 20 {
			s := f.open(from)
			event := s.next()
			if i%3 != 0 { // else nothing was written
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
			if i%2 == 0 { // else within the second of the event
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

// What an idle shard says stays good when the last record is trimmed.
func TestContinuationOutlivesTheLastRecord(t *testing.T) {
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
			again := s.next() // five seconds later, and it leads to the same place
			f.endpoint.Advance(5 * time.Second)
			event = must(subscribe(t, f.Client, f.arn, at(types.ShardIteratorTypeAfterSequenceNumber, again.ContinuationSequenceNumber)))(t).next()
			if len(event.Records) != 0 || *event.MillisBehindLatest != day.Milliseconds() {
				t.Errorf("%s: after that got %+v", trimmed, event)
			}
		})
	}
}

func TestTheEndOfAShardComesWithItsChildren(t *testing.T) {
	for _, o := range []Options{{}, {EndAlone: true}, {OmitChildShards: true}} {
		inBubble(t, 2, o, func(t *testing.T, f *fanOut) {
			s := f.open(fromLatest)
			s.next()
			synctest.Wait()
			began := time.Now()
			f.putAt(t, "0", "last")
			if got := payloads(s.next()); !slices.Equal(got, []string{"last"}) {
				t.Errorf("%+v: got %q", o, got)
			}
			f.merge(t, shard0, "shardId-000000000001")
			end := s.next()
			want := []types.ChildShard{{
				ShardId: aws.String("shardId-000000000002"), ParentShards: []string{shard0, "shardId-000000000001"},
				HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String(maxHashKey.String())},
			}}
			if o.OmitChildShards {
				want = nil
			}
			if end.ContinuationSequenceNumber != nil || len(end.Records) != 0 || *end.MillisBehindLatest != 0 ||
				fmt.Sprint(describe(end.ChildShards)) != fmt.Sprint(describe(want)) {
				t.Errorf("%+v: the end is %+v", o, end)
			}
			if err := s.end(); err != nil || time.Since(began) != 0 {
				t.Errorf("%+v: the stream ended with %v after %s", o, err, time.Since(began))
			}

			// A closed shard, from its start: records and end in one event unless it is alone.
			f.endpoint.Advance(5 * time.Second)
			s = f.open(fromHorizon)
			if event := s.next(); !slices.Equal(payloads(event), []string{"last"}) || (event.ContinuationSequenceNumber != nil) != o.EndAlone {
				t.Errorf("%+v: got %+v", o, event)
			}
			if o.EndAlone {
				s.next()
			}
			if err := s.end(); err != nil {
				t.Errorf("%+v: %v", o, err)
			}
		})
	}
}

// putAt puts a record by its hash key.
func (s *subject) putAt(t *testing.T, hash, data string) {
	t.Helper()
	if _, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte(data), PartitionKey: aws.String("k"), ExplicitHashKey: &hash}); err != nil {
		t.Fatal(err)
	}
}

func describe(children []types.ChildShard) []string {
	var list []string
	for _, c := range children {
		list = append(list, fmt.Sprintf("%s of %q %s-%s", *c.ShardId, c.ParentShards, *c.HashKeyRange.StartingHashKey, *c.HashKeyRange.EndingHashKey))
	}
	return list
}

func TestEventsHoldUpToAMebibyteOrOneRecord(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		_, err := f.UpdateMaxRecordSize(f.ctx, &kinesis.UpdateMaxRecordSizeInput{
			StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"), MaxRecordSizeInKiB: aws.Int32(10240),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{600_000, 400_000, 600_000, 10*mib - 1, 1} {
			f.put(t, strings.Repeat("x", n), "k")
		}
		s := f.open(fromHorizon)
		var got [][]int
		for range 4 {
			event := s.next()
			var sizes []int
			for _, r := range event.Records {
				sizes = append(sizes, len(r.Data))
			}
			got = append(got, sizes)
			if behind := *event.MillisBehindLatest; (behind == 0) != (len(got) == 4) {
				t.Errorf("event %d: %d ms behind", len(got), behind)
			}
		}
		if want := "[[600000 400000] [600000] [10485759] [1]]"; fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	})
}

func TestASubscriptionGetsTwoMebibytesASecond(t *testing.T) {
	for _, limits := range []Limits{LimitsOn, LimitsWindow, LimitsOff} {
		inBubble(t, 1, Options{Limits: limits}, func(t *testing.T, f *fanOut) {
			for range 10 {
				f.put(t, strings.Repeat("x", mib-1), "k")
				f.endpoint.Advance(time.Second) // for the limit on writing
			}
			began := time.Now()
			s := f.open(fromHorizon)
			for received := 0; received < 10; {
				received += len(s.next().Records)
			}
			least, most := 4*time.Second, 4*time.Second // and a burst of 2 MiB
			switch limits {
			case LimitsWindow:
				least = 3 * time.Second
			case LimitsOff:
				least, most = 0, 0
			}
			if took := time.Since(began); took < least-time.Millisecond || took > most+time.Millisecond {
				t.Errorf("%s: 10 MiB took %s, want %s to %s", limits, took, least, most)
			}
		})
	}
}

func TestTakingOverASubscription(t *testing.T) {
	for takeover, code := range map[Takeover]string{TakeoverError: "ResourceInUseException", TakeoverEnd: ""} {
		inBubble(t, 2, Options{Takeover: takeover}, func(t *testing.T, f *fanOut) {
			s := f.open(fromLatest)
			s.next()
			time.Sleep(5*time.Second - time.Millisecond)
			_, err := subscribe(t, f.Client, f.arn, fromLatest)
			wantCode(t, err, "ResourceInUseException")
			other := must(subscribeShard(t, f.Client, f.arn, "shardId-000000000001", fromLatest))(t)
			other.next()
			third := must(subscribe(t, f.Client, f.register("third"), fromLatest))(t)
			third.next()
			time.Sleep(time.Millisecond)
			second := f.open(fromLatest)
			second.next()
			// The empty event that was due at the same time may come before.
			if _, err := s.rest(); codeOf(err) != code {
				t.Errorf("%s: the first subscription ended with %v", takeover, err)
			}
			f.putAt(t, "0", "x")
			for _, s := range []*subscribed{second, third} {
				if got := payloads(s.next()); !slices.Equal(got, []string{"x"}) {
					t.Errorf("%s: got %q", takeover, got)
				}
			}
			// The five seconds count from the call, whether its stream is open or not.
			_ = second.stream.Close()
			time.Sleep(4 * time.Second)
			_, err = subscribe(t, f.Client, f.arn, fromLatest)
			wantCode(t, err, "ResourceInUseException")
			time.Sleep(time.Second)
			f.open(fromLatest)
		})
	}
}

func TestSubscribeToShardTakesOneCallASecond(t *testing.T) {
	inBubble(t, 2, Options{Limits: LimitsOn}, func(t *testing.T, f *fanOut) {
		f.open(fromLatest)
		_, err := subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "LimitExceededException")
		must(subscribeShard(t, f.Client, f.arn, "shardId-000000000001", fromLatest))(t)
		time.Sleep(time.Second)
		_, err = subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "ResourceInUseException")
		_, err = subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "LimitExceededException")
	})
}

func TestSubscribeToShardRefusesWhatItMust(t *testing.T) {
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
		f.open(fromLatest) // none of these was a subscription

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

func TestASubscriptionEndsWithItsConsumerAndItsStream(t *testing.T) {
	const delay = 3 * time.Second
	for name, end := range map[string]func(*fanOut) error{
		"consumer": func(f *fanOut) error {
			_, err := f.DeregisterStreamConsumer(f.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &f.arn})
			return err
		},
		"stream": func(f *fanOut) error {
			_, err := f.DeleteStream(f.ctx, &kinesis.DeleteStreamInput{StreamName: &f.name, EnforceConsumerDeletion: aws.Bool(true)})
			return err
		},
	} {
		inBubble(t, 1, Options{ConsumerDeletingDelay: delay, DeletingDelay: delay}, func(t *testing.T, f *fanOut) {
			s := f.open(fromLatest)
			s.next()
			synctest.Wait()
			began := time.Now()
			if err := end(f); err != nil {
				t.Fatal(err)
			}
			if err := s.end(); codeOf(err) != "ResourceNotFoundException" || time.Since(began) != delay {
				t.Errorf("%s: ended with %v after %s", name, err, time.Since(began))
			}
		})
	}
}

func TestCloseEndsASubscriptionWithItsConnection(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		f.put(t, "x", "k")
		body := f.raw(f.arn, fromHorizon)
		for range 2 {
			if _, err := eventstream.NewDecoder().Decode(body, nil); err != nil {
				t.Fatal(err)
			}
		}
		blocked := f.raw(f.register("other"), fromHorizon) // whose client does not read
		synctest.Wait()
		if err := f.endpoint.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the answer ended with %v", err)
		}
		synctest.Wait()
		if n := subscriptionsServed(); n != 0 {
			t.Errorf("%d subscriptions are still served", n)
		}
		if rest, err := io.ReadAll(blocked); len(rest) != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the answer nobody read has %d bytes and ended with %v", len(rest), err)
		}
	})
}

// subscriptionsServed is how many goroutines serve one.
func subscriptionsServed() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("(*Endpoint).pump("))
}

func TestCloseEndsASubscriptionServedByHand(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		body := fmt.Sprintf(`{"ConsumerARN":%q,"ShardId":%q,"StartingPosition":{"Type":"LATEST"}}`, f.arn, shard0)
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		sign(req, "SubscribeToShard")
		served := make(chan any)
		go func() {
			defer func() { served <- recover() }()
			f.endpoint.ServeHTTP(httptest.NewRecorder(), req)
		}()
		synctest.Wait()
		began := time.Now()
		if err := f.endpoint.Close(); err != nil {
			t.Fatal(err)
		}
		if cause := <-served; cause != http.ErrAbortHandler || time.Since(began) != 0 {
			t.Errorf("it ended with %v after %s", cause, time.Since(began))
		}
	})
}

// raw subscribes without the SDK and returns the bytes of the event stream.
func (f *fanOut) raw(arn string, from *types.StartingPosition) io.ReadCloser {
	f.t.Helper()
	body := fmt.Sprintf(`{"ConsumerARN":%q,"ShardId":%q,"StartingPosition":{"Type":%q}}`, arn, shard0, from.Type)
	req, err := http.NewRequestWithContext(f.ctx, http.MethodPost, "http://kinesis/", strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	sign(req, "SubscribeToShard")
	res, err := f.endpoint.RoundTrip(req)
	if err != nil {
		f.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != eventStreamType {
		text, _ := io.ReadAll(res.Body)
		f.t.Fatalf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), text)
	}
	f.t.Cleanup(func() { _ = res.Body.Close() })
	return res.Body
}

func TestFramesOnTheWire(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		f.put(t, "x", "k")
		body := f.raw(f.arn, fromHorizon)
		read := func() (map[string]string, string) {
			m, err := eventstream.NewDecoder().Decode(body, nil)
			if err != nil {
				t.Fatal(err)
			}
			headers := map[string]string{}
			for _, h := range m.Headers {
				headers[h.Name] = h.Value.String()
			}
			return headers, string(m.Payload)
		}
		headers, payload := read()
		if fmt.Sprint(headers) != "map[:content-type:application/json :event-type:initial-response :message-type:event]" || payload != "{}" {
			t.Errorf("the first frame is %v %s", headers, payload)
		}
		headers, payload = read()
		if fmt.Sprint(headers) != "map[:content-type:application/json :event-type:SubscribeToShardEvent :message-type:event]" ||
			!strings.HasPrefix(payload, `{"Records":[{"SequenceNumber":"`) {
			t.Errorf("the second frame is %v %s", headers, payload)
		}
		f.endpoint.Advance(6 * time.Second)
		f.open(fromLatest)
		headers, payload = read()
		for headers[":message-type"] == "event" { // the empty one that was due
			headers, payload = read()
		}
		if fmt.Sprint(headers) != "map[:content-type:application/json :exception-type:ResourceInUseException :message-type:exception]" ||
			!strings.HasPrefix(payload, `{"message":"`) {
			t.Errorf("the last frame is %v %s", headers, payload)
		}
		if rest, err := io.ReadAll(body); err != nil || len(rest) != 0 {
			t.Errorf("then came %d bytes and %v", len(rest), err)
		}
	})
}

func TestGoingAwayEndsASubscription(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		ctx, cancel := context.WithCancel(f.ctx)
		out, err := f.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{ConsumerARN: &f.arn, ShardId: aws.String(shard0), StartingPosition: fromLatest})
		if err != nil {
			t.Fatal(err)
		}
		<-out.GetStream().Events()
		cancel()
		if _, ok := <-out.GetStream().Events(); ok {
			t.Error("an event came after the end of the context")
		}
		synctest.Wait()
		if err := out.GetStream().Close(); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		f.endpoint.Advance(5 * time.Second)
		closed := f.open(fromLatest)
		closed.next()
		if n := subscriptionsServed(); n != 1 {
			t.Errorf("%d subscriptions are served, want one", n)
		}
		_ = closed.stream.Close()
		synctest.Wait()
		if n := subscriptionsServed(); n != 0 {
			t.Errorf("%d subscriptions are still served", n)
		}
	})
}

func TestRoundTripAnswersWhatServeHTTPAnswers(t *testing.T) {
	inBubble(t, 1, Options{Faults: []string{"ListStreams=cut*1", "ListStreams=reset*1"}}, func(t *testing.T, f *fanOut) {
		for range 2 {
			if _, err := f.ListStreams(f.ctx, &kinesis.ListStreamsInput{}); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("got %v, want a broken answer", err)
			}
		}
		if out := must(f.ListStreams(f.ctx, &kinesis.ListStreamsInput{}))(t); !slices.Equal(out.StreamNames, []string{"orders"}) {
			t.Errorf("got %v", out.StreamNames)
		}
		res, err := f.endpoint.RoundTrip(must(http.NewRequest(http.MethodGet, "http://kinesis/_kin/fault", nil))(t))
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("got %v, %v", res, err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(body, nil) {
			t.Errorf("got %q, %v", body, err)
		}
	})
}

package local

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func entries(n, size int) []types.PutRecordsRequestEntry {
	list := make([]types.PutRecordsRequestEntry, n)
	for i := range list {
		list[i] = types.PutRecordsRequestEntry{Data: make([]byte, size), PartitionKey: aws.String("k")}
	}
	return list
}

func (s *subject) putAll(t *testing.T, list []types.PutRecordsRequestEntry) *kinesis.PutRecordsOutput {
	t.Helper()
	return must(s.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: list}))(t)
}

const overRate = "Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000."

// inStoppedTime runs a test in a synctest bubble. Its clock does not run during calls, so no
// bucket refills on a slow machine.
func inStoppedTime(t *testing.T, shards int, limits Limits, test func(*testing.T, *Endpoint, *subject)) {
	t.Helper()
	inBubble(t, shards, Options{Limits: limits}, func(t *testing.T, f *fanOut) { test(t, f.endpoint, &f.subject) })
}

func TestAShardAcceptsAThousandRecordsASecond(t *testing.T) {
	for _, limits := range []Limits{LimitsOn, LimitsWindow, LimitsOff} {
		inStoppedTime(t, 1, limits, func(t *testing.T, r *Endpoint, s *subject) {
			r.Advance(time.Second - time.Duration(r.Now().Nanosecond())) // the start of a window
			failed := 0
			for range 3 {
				out := s.putAll(t, entries(500, 1))
				failed += int(*out.FailedRecordCount)
				count := 0
				for _, e := range out.Records {
					if e.ErrorCode != nil {
						count++
						if *e.ErrorCode != "ProvisionedThroughputExceededException" || *e.ErrorMessage != overRate || e.SequenceNumber != nil || e.ShardId != nil {
							t.Errorf("a failed entry: %s %s", *e.ErrorCode, *e.ErrorMessage)
						}
					} else if e.SequenceNumber == nil || e.ShardId == nil {
						t.Error("an entry that neither failed nor succeeded")
					}
				}
				if count != int(*out.FailedRecordCount) {
					t.Errorf("%d entries failed, FailedRecordCount is %d", count, *out.FailedRecordCount)
				}
			}
			if want := map[Limits]int{LimitsOn: 500, LimitsWindow: 500, LimitsOff: 0}[limits]; failed != want {
				t.Errorf("limits %s: %d of 1500 failed, want %d", limits, failed, want)
			}
			var err error
			for range 2 { // each uses one mebibyte
				_, err = s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: make([]byte, 1<<20-1), PartitionKey: aws.String("k")})
			}
			if limits != LimitsOff {
				wantCode(t, err, "ProvisionedThroughputExceededException")
				if messageOf(err) != overRate {
					t.Errorf("got %q", messageOf(err))
				}
			}
			r.Advance(2 * time.Second)
			if out := s.putAll(t, entries(500, 1)); *out.FailedRecordCount != 0 {
				t.Errorf("limits %s: two seconds later %d failed", limits, *out.FailedRecordCount)
			}
		})
	}
}

func TestAShardAcceptsAMebibyteASecond(t *testing.T) {
	inStoppedTime(t, 1, LimitsOn, func(t *testing.T, r *Endpoint, s *subject) {
		out := s.putAll(t, entries(20, 100_000))
		if failed := *out.FailedRecordCount; failed != 10 {
			t.Errorf("%d of 20 records of 100 kB failed, want 10", failed)
		}
		r.Advance(time.Second)
		out = s.putAll(t, append(entries(1, 1_000_000), entries(2, 100_000)...))
		if *out.FailedRecordCount != 2 || out.Records[0].ErrorCode != nil {
			t.Errorf("%d failed, want the two after the large one", *out.FailedRecordCount)
		}
		r.Advance(time.Second)
		out = s.putAll(t, append(entries(1, 200_000), append(entries(1, 1_000_000), entries(1, 200_000)...)...))
		if *out.FailedRecordCount != 1 || out.Records[1].ErrorCode == nil {
			t.Error("a small record after a throttled large one was not stored, as it is in the service")
		}
	})
}

func TestEachShardHasItsOwnLimits(t *testing.T) {
	inStoppedTime(t, 2, LimitsOn, func(t *testing.T, _ *Endpoint, s *subject) {
		var list []types.PutRecordsRequestEntry
		for i := range 500 {
			list = append(list, types.PutRecordsRequestEntry{Data: make([]byte, 4000), PartitionKey: aws.String("k"),
				ExplicitHashKey: aws.String([]string{"0", "340282366920938463463374607431768211455"}[i/499])})
		}
		out := s.putAll(t, list)
		if *out.FailedRecordCount == 0 || out.Records[499].ErrorCode != nil {
			t.Errorf("%d failed, the only one of the second shard: %v", *out.FailedRecordCount, aws.ToString(out.Records[499].ErrorCode))
		}
	})
}

func TestAShardAllowsFiveReadsASecond(t *testing.T) {
	for _, limits := range []Limits{LimitsOn, LimitsWindow} {
		inStoppedTime(t, 1, limits, func(t *testing.T, r *Endpoint, s *subject) {
			it := s.iterator(t, trimHorizon())
			r.Advance(2*time.Second - time.Duration(r.Now().Nanosecond()))
			count := func() (ok int) {
				for range 7 {
					_, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
					if err == nil {
						ok++
					} else {
						wantCode(t, err, "ProvisionedThroughputExceededException")
					}
				}
				return ok
			}
			if ok := count(); ok != 5 {
				t.Errorf("limits %s: %d of 7 reads in one moment succeeded, want 5", limits, ok)
			}
			r.Advance(400 * time.Millisecond)
			if ok, want := count(), map[Limits]int{LimitsOn: 2, LimitsWindow: 0}[limits]; ok != want {
				t.Errorf("limits %s: 400 ms later %d reads succeeded, want %d", limits, ok, want)
			}
		})
	}
}

func TestAFullPageStopsReadingForFiveSeconds(t *testing.T) {
	e, err := New(Options{Streams: []StreamSpec{{"orders", 1}}})
	if err != nil {
		t.Fatal(err)
	}
	st := e.streams["orders"]
	for range 22 {
		st.shards[0].append(record{make([]byte, 1<<20-1), "k", e.millis()})
	}
	at := token{stream: st.id, name: "orders"}
	read := func(limit, want int) {
		t.Helper()
		r, err := e.read(st, at, limit, e.millis(), false, false)
		switch {
		case want == 0:
			var api *apiError
			if !errors.As(err, &api) || api.code != "ProvisionedThroughputExceededException" || api.message != overRate {
				t.Errorf("got %v", err)
			}
		case err != nil || r.page.count != want:
			t.Fatalf("%+v, %v, want a page of %d", r, err, want)
		default:
			at = *r.next
		}
	}
	read(100, 10)
	for range 4 {
		read(100, 0)
		e.Advance(time.Second)
	}
	e.Advance(time.Second)
	read(100, 10)
	read(1, 0)
	e.Advance(time.Second)
	read(1, 1) // a smaller page needs a shorter wait
}

func TestAShardAllowsFiveIteratorsASecond(t *testing.T) {
	r, s := with(t, 1, Options{Limits: LimitsOn})
	for i := range 6 {
		_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String(shard0),
			ShardIteratorType: types.ShardIteratorTypeLatest})
		if want := map[bool]string{true: "ProvisionedThroughputExceededException"}[i == 5]; codeOf(err) != want {
			t.Errorf("call %d: got %v", i, err)
		}
	}
	r.Advance(time.Second)
	s.iterator(t, trimHorizon())
}

func TestConsumerCallsAreLimited(t *testing.T) {
	r, s := with(t, 1, Options{Limits: LimitsOn})
	streamARN := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders")
	calls := map[string]func(int) error{
		"RegisterStreamConsumer": func(i int) error {
			_, err := s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN, ConsumerName: aws.String(fmt.Sprint(i))})
			return err
		},
		"ListStreamConsumers": func(int) error {
			_, err := s.ListStreamConsumers(s.ctx, &kinesis.ListStreamConsumersInput{StreamARN: streamARN})
			return err
		},
		"DescribeStreamConsumer": func(int) error {
			_, err := s.DescribeStreamConsumer(s.ctx, &kinesis.DescribeStreamConsumerInput{StreamARN: streamARN, ConsumerName: aws.String("x")})
			return err
		},
		"DeregisterStreamConsumer": func(int) error {
			_, err := s.DeregisterStreamConsumer(s.ctx, &kinesis.DeregisterStreamConsumerInput{StreamARN: streamARN, ConsumerName: aws.String("x")})
			return err
		},
	}
	for op, most := range map[string]int{"RegisterStreamConsumer": 5, "ListStreamConsumers": 5, "DescribeStreamConsumer": 20, "DeregisterStreamConsumer": 5} {
		began := time.Now()
		for i := range most {
			if err := calls[op](i); codeOf(err) == "LimitExceededException" {
				t.Errorf("%s: call %d: %v", op, i, err)
			}
		}
		next := most
		for codeOf(calls[op](next)) != "LimitExceededException" {
			next++ // the bucket refills during the calls
			if refilled := int(time.Since(began).Seconds()*float64(most)) + 1; next > most+refilled {
				t.Fatalf("%s: %d calls passed, want at most %d", op, next, most+refilled)
			}
		}
		r.Advance(time.Second)
		if err := calls[op](next); codeOf(err) == "LimitExceededException" {
			t.Errorf("%s: a second later: %v", op, err)
		}
	}
}

func TestTheAccountHasAShardLimit(t *testing.T) {
	for _, limits := range []Limits{LimitsOn, LimitsOff} {
		r := start(t, Options{Limits: limits, Streams: []StreamSpec{{"a", 10000}, {"b", 9999}}})
		_, err := r.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("c"), ShardCount: aws.Int32(2)})
		if want := map[Limits]string{LimitsOn: "LimitExceededException"}[limits]; codeOf(err) != want {
			t.Errorf("limits %s: got %v", limits, err)
		}
	}
}

package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestASubscriptionPushesRecordsAndHeartbeats(t *testing.T) {
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

func TestQuietStartDelaysTheFirstEvent(t *testing.T) {
	inBubble(t, 1, Options{QuietStart: true}, func(t *testing.T, f *fanOut) {
		began := time.Now()
		s := f.open(fromLatest)
		if s.next(); time.Since(began) != 5*time.Second {
			t.Errorf("the first event came after %s", time.Since(began))
		}
	})
}

func TestTheEndOfAShardHasItsChildren(t *testing.T) {
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

			// From the start of a closed shard, one event has the records and the end, unless
			// EndAlone is set.
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

func describe(children []types.ChildShard) []string {
	var list []string
	for _, c := range children {
		list = append(list, fmt.Sprintf("%s of %q %s-%s", *c.ShardId, c.ParentShards, *c.HashKeyRange.StartingHashKey, *c.HashKeyRange.EndingHashKey))
	}
	return list
}

func TestEventsHaveUpToAMebibyteOrOneRecord(t *testing.T) {
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
				f.endpoint.Advance(time.Second) // because of the write limit
			}
			began := time.Now()
			s := f.open(fromHorizon)
			for received := 0; received < 10; {
				received += len(s.next().Records)
			}
			least, most := 4*time.Second, 4*time.Second // after a burst of 2 MiB
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

func TestFrames(t *testing.T) {
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
		for headers[":message-type"] == "event" { // an empty event that is due
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

func TestRoundTripReturnsTheAnswersOfServeHTTP(t *testing.T) {
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

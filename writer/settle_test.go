package writer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/writer/queue"
)

// sentRequest returns a request that was sent at the given time, with one record for each element
// of keys. Each record is a parcel. With aggregate, all records of a key are one parcel.
func sentRequest(t *testing.T, at time.Time, aggregate bool, keys ...string) *queue.Request {
	t.Helper()
	q := queue.New(queue.Options{Aggregate: aggregate}, nil, at)
	for i, key := range keys {
		q.Push(queue.NewEntry(Record{PartitionKey: key, ExplicitHashKey: "0"}, int64(i+1), at))
	}
	if due, _ := q.Due(at, true); !due {
		t.Fatal("no request is due")
	}
	r := q.Build(at)
	if len(r.Entries) != len(keys) {
		t.Fatalf("a request of %d records, want %d", len(r.Entries), len(keys))
	}
	for _, e := range r.Entries {
		e.MarkSent(at)
	}
	return r
}

// put returns the result of a written entry.
func put(sequence string) types.PutRecordsResultEntry {
	return types.PutRecordsResultEntry{ShardId: aws.String("shardId-000000000001"), SequenceNumber: &sequence}
}

// fails returns the result of a failed entry.
func fails(code string) types.PutRecordsResultEntry {
	return types.PutRecordsResultEntry{ErrorCode: &code, ErrorMessage: aws.String("no")}
}

// flag is a name and whether it is set.
type flag struct {
	name string
	set  bool
}

// set returns the names of the flags that are set.
func set(flags ...flag) (names []string) {
	for _, f := range flags {
		if f.set {
			names = append(names, f.name)
		}
	}
	return names
}

// settled describes a settlement: the outcome of each parcel, the numbers of the records to send
// again, the numbers of the records that ran out of time, the shards, and the run.
func settled(r *queue.Request, s settlement) []string {
	var words []string
	for _, o := range s.outcomes {
		word := map[outcomeKind]string{parcelWritten: "written", parcelFailed: "failed", parcelRefused: "refused"}[o.kind]
		if o.kind == parcelWritten {
			word += " " + o.shardID + " " + o.sequence
		}
		word += strings.Join(set(flag{" unknown", o.unknown}, flag{" alone", o.alone}, flag{" in use", o.inUse}), "")
		if (o.cause == nil) != (o.kind == parcelWritten) {
			word += fmt.Sprint(" of ", o.cause)
		}
		words = append(words, word)
	}
	var resend, expired []int64
	for i := range s.resend {
		for _, e := range r.Records(&s.resend[i]) {
			resend = append(resend, e.Number)
		}
	}
	for _, e := range s.expired {
		expired = append(expired, e.Number)
	}
	words = append(words, fmt.Sprint("resend ", resend), fmt.Sprint("expired ", expired))
	for _, o := range s.shards {
		words = append(words, fmt.Sprintf("shard worked %t failed %t throttled %t", o.worked, o.failed, o.throttled))
	}
	var call *CallError
	stops := errors.As(s.stop, &call)
	words = append(words, set(flag{"answered", s.answered}, flag{"back off", s.backOff}, flag{"shrink", s.shrink}, flag{"stop", stops})...)
	if call != nil && call.First > 0 {
		words = append(words, fmt.Sprintf("records %d to %d", call.First, call.Last))
	}
	if s.retried > 0 {
		words = append(words, fmt.Sprintf("%d retried, pauses up to %s: %v", s.retried, s.remaining, s.cause))
	}
	return words
}

func TestSettle(t *testing.T) {
	const retryFor = time.Minute
	throughput, refusal := fails(service.CodeShardLimit), fails("ValidationException")
	refusedWhole := answered(400, &types.InvalidArgumentException{})
	savesRejected := conditions{savesRejected: true}
	for _, tt := range []struct {
		name      string
		answer    answer
		aggregate bool
		keys      []string // default: "a", "b"
		after     time.Duration
		c         conditions
		want      []string
	}{
		{name: "all written",
			answer: answer{results: []types.PutRecordsResultEntry{put("1"), put("2")}},
			want: []string{"written shardId-000000000001 1", "written shardId-000000000001 2", "resend []", "expired []",
				"shard worked true failed false throttled false", "answered"}},
		{name: "one throttled",
			answer: answer{results: []types.PutRecordsResultEntry{put("1"), throughput}}, after: time.Second,
			want: []string{"written shardId-000000000001 1", "failed", "resend [2]", "expired []",
				"shard worked true failed true throttled true", "answered", "1 retried, pauses up to 59s: " + service.CodeShardLimit + ": no"}},
		{name: "one throttled for too long",
			answer: answer{results: []types.PutRecordsResultEntry{throughput, put("1")}}, after: retryFor,
			want: []string{"failed", "written shardId-000000000001 1", "resend []", "expired [1]",
				"shard worked true failed true throttled true", "answered", "1 retried, pauses up to 1m0s: " + service.CodeShardLimit + ": no"}},
		{name: "internal failure of one entry",
			answer: answer{results: []types.PutRecordsResultEntry{fails("InternalFailure"), put("1")}},
			want: []string{"failed", "written shardId-000000000001 1", "resend [1]", "expired []",
				"shard worked true failed true throttled false", "answered", "1 retried, pauses up to 1m0s: InternalFailure: no"}},
		{name: "the stream is in use",
			answer: answer{results: []types.PutRecordsResultEntry{put("1"), fails("ResourceInUseException")}},
			want: []string{"written shardId-000000000001 1", "failed in use", "resend [2]", "expired []",
				"shard worked true failed true throttled false", "answered", "1 retried, pauses up to 1m0s: " + "ResourceInUseException" + ": no"}},
		{name: "implausible result",
			answer: answer{results: []types.PutRecordsResultEntry{put("1"), {}}},
			want: []string{"written shardId-000000000001 1", "failed unknown", "resend [2]", "expired []",
				"shard worked true failed true throttled false", "answered",
				"1 retried, pauses up to 1m0s: the answer has a record with neither a sequence number nor an error code"}},
		{name: "permanent error of an entry ends the run",
			answer: answer{results: []types.PutRecordsResultEntry{throughput, fails("KMSDisabledException")}},
			want:   []string{"failed", "failed", "resend [1 2]", "expired []", "answered", "stop"}},
		{name: "refused entry ends a run without Options.Rejected",
			answer: answer{results: []types.PutRecordsResultEntry{put("1"), refusal}},
			want:   []string{"written shardId-000000000001 1", "failed", "resend [2]", "expired []", "answered", "stop"}},
		{name: "refused entry is rejected", c: savesRejected,
			answer: answer{results: []types.PutRecordsResultEntry{put("1"), refusal}},
			want: []string{"written shardId-000000000001 1", "refused", "resend []", "expired []",
				"shard worked true failed false throttled false", "answered"}},
		{name: "refused aggregate is split", c: savesRejected, aggregate: true, keys: []string{"a", "a", "b"},
			answer: answer{results: []types.PutRecordsResultEntry{refusal, put("1")}},
			want: []string{"failed alone", "written shardId-000000000001 1", "resend [1 2]", "expired []",
				"shard worked true failed true throttled false", "answered", "1 retried, pauses up to 1m0s: ValidationException: no"}},
		{name: "too many refusals end the run", c: conditions{savesRejected: true, refusals: maxRefusals - 1},
			answer: answer{results: []types.PutRecordsResultEntry{refusal, refusal}},
			want:   []string{"refused", "failed", "resend [2]", "expired []", "answered", "stop"}},
		{name: "a written record resets the count of refusals", c: conditions{savesRejected: true, refusals: maxRefusals},
			answer: answer{results: []types.PutRecordsResultEntry{put("1"), refusal}},
			want: []string{"written shardId-000000000001 1", "refused", "resend []", "expired []",
				"shard worked true failed false throttled false", "answered"}},
		{name: "throttled request",
			answer: answer{err: throttled()}, after: time.Second,
			want: []string{"failed", "failed", "resend [1 2]", "expired []", "back off", "2 retried, pauses up to 59s: " + throttled().Error()}},
		{name: "request throttled for too long", keys: []string{"b", "a"},
			answer: answer{err: throttled()}, after: retryFor,
			want: []string{"failed", "failed", "resend []", "expired [1 2]", "back off", "2 retried, pauses up to 1m0s: " + throttled().Error()}},
		{name: "no answer",
			answer: answer{err: context.DeadlineExceeded},
			want: []string{"failed unknown", "failed unknown", "resend [1 2]", "expired []", "back off",
				"2 retried, pauses up to 1m0s: context deadline exceeded"}},
		{name: "cancelled at the end of the run", c: conditions{stopped: true},
			answer: answer{err: context.Canceled},
			want: []string{"failed unknown", "failed unknown", "resend [1 2]", "expired []", "back off",
				"2 retried, pauses up to 1m0s: context canceled"}},
		{name: "the stream is being created",
			answer: answer{err: &entryError{"ResourceInUseException", "no"}},
			want: []string{"failed in use", "failed in use", "resend [1 2]", "expired []", "back off",
				"2 retried, pauses up to 1m0s: " + "ResourceInUseException" + ": no"}},
		{name: "refused request ends a run without Options.Rejected",
			answer: answer{err: refusedWhole},
			want:   []string{"failed", "failed", "resend [1 2]", "expired []", "stop", "records 1 to 2"}},
		{name: "records of a refused request are sent alone", c: savesRejected,
			answer: answer{err: refusedWhole},
			want:   []string{"failed alone", "failed alone", "resend [1 2]", "expired []"}},
		{name: "record that is refused alone is rejected", c: savesRejected, keys: []string{"a"},
			answer: answer{err: refusedWhole},
			want:   []string{"refused", "resend []", "expired []"}},
		{name: "stream not found",
			answer: answer{err: answered(400, &types.ResourceNotFoundException{})},
			want:   []string{"failed", "failed", "resend [1 2]", "expired []", "stop"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.keys == nil {
				tt.keys = []string{"a", "b"}
			}
			sent := time.Unix(1_000_000, 0)
			r := sentRequest(t, sent, tt.aggregate, tt.keys...)
			tt.c.now, tt.c.retryFor, tt.c.stream = sent.Add(tt.after), retryFor, "orders"
			if got := settled(r, settle(r, tt.answer, tt.c)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%q, want\n%q", got, tt.want)
			}
		})
	}
}

// Requests get smaller only after the service refused one that is larger than the limit of older
// endpoints.
func TestSettleShrinksALargeRequestThatIsRefused(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for bytes, want := range map[int]bool{queue.OldRequestBytes: false, queue.OldRequestBytes + 1: true} {
		r := sentRequest(t, now, false, "a", "b")
		r.Bytes = bytes
		s := settle(r, answer{err: answered(400, &types.InvalidArgumentException{})}, conditions{now: now, stream: "orders"})
		if s.shrink != want || (s.stop == nil) != want || len(s.resend) != 2 || s.retried > 0 {
			t.Errorf("%d bytes: got %+v, want to shrink: %t", bytes, s, want)
		}
	}
}

// If some records of an aggregate are out of time, only the others are sent again.
func TestSettleExpiresSingleRecordsOfAnAggregate(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	r := sentRequest(t, now, true, "a", "a", "a")
	r.Entries[1].Sent = now.Add(-time.Minute)
	s := settle(r, answer{err: throttled()}, conditions{now: now, stream: "orders", retryFor: time.Minute})
	if want := []string{"failed", "resend [1 3]", "expired [2]", "back off", "1 retried, pauses up to 1m0s: " + throttled().Error()}; !reflect.DeepEqual(settled(r, s), want) {
		t.Errorf("got %q, want %q", settled(r, s), want)
	}
	if len(r.Parcels) != 1 || len(s.resend) != 2 {
		t.Errorf("%d parcels are sent again as %d, want one as two", len(r.Parcels), len(s.resend))
	}
}

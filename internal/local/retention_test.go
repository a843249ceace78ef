package local

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestRetentionTrimsRecords(t *testing.T) {
	r, s := with(t, 1, Options{})
	for _, text := range []string{"1", "2"} {
		s.put(t, text, "k")
		r.Advance(time.Hour)
	}
	it := s.iterator(t, trimHorizon())
	out := s.get(t, it)
	if got := aws.ToInt64(out.MillisBehindLatest); len(out.Records) != 2 || got != 0 {
		t.Errorf("%d records, %d ms behind", len(out.Records), got)
	}
	r.Advance(22*time.Hour + 30*time.Minute)
	if got, _ := s.readShard(t, shard0); strings.Join(got, " ") != "2" {
		t.Errorf("after a day there is %q, want 2", got)
	}
	r.Advance(time.Hour)
	if got, last := s.readShard(t, shard0); len(got) != 0 || *last.MillisBehindLatest != 0 {
		t.Errorf("after another hour there is %q", got)
	}
}

func TestClosedShardsAreNotListedAfterRetention(t *testing.T) {
	r, s := with(t, 1, Options{})
	r.Advance(time.Hour)
	s.put(t, "x", "k")
	s.split(t, s.shards(t, nil)[0])
	r.Advance(day - time.Minute)
	if got := ids(s.shards(t, nil)); len(got) != 3 {
		t.Errorf("within retention there are shards %q", got)
	}
	r.Advance(2 * time.Minute)
	all := s.shards(t, nil)
	if got := ids(all); strings.Join(got, " ") != "1 2" {
		t.Fatalf("after retention there are shards %q", got)
	}
	if *all[0].ParentShardId != shard0 {
		t.Error("the child has no parent any longer")
	}
	if got := ids(s.shards(t, &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon})); strings.Join(got, " ") != "1 2" {
		t.Errorf("at the trim horizon there are shards %q", got)
	}
	_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String(shard0),
		ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	wantCode(t, err, "ResourceNotFoundException")
	d := must(s.DescribeStream(s.ctx, &kinesis.DescribeStreamInput{StreamName: &s.name}))(t)
	if len(d.StreamDescription.Shards) != 2 {
		t.Errorf("DescribeStream shows %d shards", len(d.StreamDescription.Shards))
	}
}

func TestALongerRetentionDoesNotRestoreRecords(t *testing.T) {
	r, s := with(t, 1, Options{})
	s.put(t, "old", "k")
	r.Advance(day + time.Minute)
	s.put(t, "new", "k")
	if _, err := s.IncreaseStreamRetentionPeriod(s.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: aws.Int32(48)}); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.readShard(t, shard0); strings.Join(got, " ") != "new" {
		t.Errorf("got %q", got)
	}
	r.Advance(day)
	if got, _ := s.readShard(t, shard0); strings.Join(got, " ") != "new" {
		t.Errorf("a day later: got %q", got)
	}
	if _, err := s.DecreaseStreamRetentionPeriod(s.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: aws.Int32(24)}); err != nil {
		t.Fatal(err)
	}
	r.Advance(time.Minute)
	if got, _ := s.readShard(t, shard0); len(got) != 0 {
		t.Errorf("after a shorter retention: got %q", got)
	}
}

func TestTrimmedSequenceNumbers(t *testing.T) {
	for _, kind := range []Trimmed{TrimmedOldest, TrimmedError, TrimmedEmpty} {
		t.Run(string(kind), func(t *testing.T) {
			r, s := with(t, 1, Options{Trimmed: kind})
			old := s.put(t, "old", "k")
			r.Advance(day + time.Minute)
			fresh := s.put(t, "new", "k")
			for _, it := range []types.ShardIteratorType{types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeAfterSequenceNumber} {
				in := kinesis.GetShardIteratorInput{ShardIteratorType: it, StartingSequenceNumber: old.SequenceNumber, StreamName: &s.name, ShardId: aws.String(shard0)}
				out, err := s.GetShardIterator(s.ctx, &in)
				switch kind {
				case TrimmedError:
					wantCode(t, err, "InvalidArgumentException")
					if !strings.Contains(messageOf(err), "StartingSequenceNumber "+*old.SequenceNumber) {
						t.Errorf("got %q", messageOf(err))
					}
				case TrimmedOldest:
					if got, _ := s.read(t, *out.ShardIterator); strings.Join(got, " ") != "new" {
						t.Errorf("%s: got %q", it, got)
					}
				case TrimmedEmpty:
					page := s.get(t, *out.ShardIterator)
					page = s.get(t, *page.NextShardIterator)
					if len(page.Records) != 0 || *page.MillisBehindLatest != day.Milliseconds() {
						t.Errorf("%s: %d records, %d ms behind", it, len(page.Records), *page.MillisBehindLatest)
					}
				}
			}
			in := kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: fresh.SequenceNumber}
			if got, _ := s.read(t, s.iterator(t, in)); strings.Join(got, " ") != "new" {
				t.Errorf("a sequence number within retention: got %q", got)
			}
		})
	}
}

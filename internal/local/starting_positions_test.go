package local

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestMillisBehindLatestIsTheAgeOfTheNextRecord(t *testing.T) {
	r, s := with(t, 1, Options{})
	s.put(t, "1", "k")
	r.Advance(10 * time.Minute)
	s.put(t, "2", "k")
	r.Advance(time.Minute)
	it := s.iterator(t, trimHorizon())
	out := must(s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(1)}))(t)
	if ms := *out.MillisBehindLatest; ms < 60_000 || ms > 70_000 {
		t.Errorf("%d ms behind, want the minute the second record is old", ms)
	}
	out = s.get(t, *out.NextShardIterator)
	if *out.MillisBehindLatest != 0 || len(out.Records) != 1 {
		t.Errorf("%d ms behind with nothing left", *out.MillisBehindLatest)
	}
}

func TestAtTimestamp(t *testing.T) {
	r, s := with(t, 1, Options{})
	var times []time.Time
	for _, text := range []string{"1", "2", "3"} {
		times = append(times, r.Now())
		s.put(t, text, "k")
		r.Advance(time.Hour)
	}
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{times[0].Add(-time.Hour), "1 2 3"},
		{times[0].Add(time.Minute), "2 3"},
		{times[1].Truncate(time.Millisecond), "2 3"},
		{times[2].Add(time.Minute), ""},
	} {
		it := s.iterator(t, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(c.at)})
		if got, _ := s.read(t, it); strings.Join(got, " ") != c.want {
			t.Errorf("%v: got %q, want %q", c.at.Sub(times[0]), got, c.want)
		}
	}
	_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String(shard0),
		ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(r.Now().Add(time.Minute))})
	wantCode(t, err, "InvalidArgumentException")
	if !strings.HasPrefix(messageOf(err), "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.") {
		t.Errorf("got %q", messageOf(err))
	}
}

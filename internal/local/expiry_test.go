package local

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestIteratorsExpireAfterFiveMinutes(t *testing.T) {
	r, s := with(t, 1, Options{})
	it := s.iterator(t, trimHorizon())
	r.Advance(5*time.Minute - time.Second)
	it = *s.get(t, it).NextShardIterator
	r.Advance(5*time.Minute - time.Second)
	s.get(t, it) // an iterator's lifetime begins when it is returned
	r.Advance(3 * time.Second)
	_, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
	wantCode(t, err, "ExpiredIteratorException")
	if !strings.HasSuffix(messageOf(err), "which is further in the future than the tolerated delay of 300000 milliseconds.") {
		t.Errorf("got %q", messageOf(err))
	}
}

func TestTokensExpireAfter300Seconds(t *testing.T) {
	r, s := with(t, 3, Options{})
	list := func(token *string) (*kinesis.ListShardsOutput, error) {
		return s.ListShards(s.ctx, &kinesis.ListShardsInput{NextToken: token, MaxResults: aws.Int32(1)})
	}
	first := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(1)}))(t)
	r.Advance(299 * time.Second)
	second := must(list(first.NextToken))(t)
	r.Advance(2 * time.Second)
	_, err := list(first.NextToken)
	wantCode(t, err, "ExpiredNextTokenException")
	if out := must(list(second.NextToken))(t); len(out.Shards) != 1 || out.NextToken != nil {
		t.Errorf("the last page: %+v", out)
	}
}

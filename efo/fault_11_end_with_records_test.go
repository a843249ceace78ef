package efo

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// pollableService is a service whose shard a can also be read with GetRecords. After record 2 it
// has four more records and its end.
type pollableService struct{ *fakeService }

func (r pollableService) GetShardIterator(_ context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return &service.GetShardIteratorOutput{ShardIterator: string(in.ShardIteratorType) + in.StartingSequenceNumber}, nil
}

func (r pollableService) GetRecords(_ context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	if at := in.ShardIterator; at != "AFTER_SEQUENCE_NUMBER2" {
		return nil, apiError("InvalidArgumentException")
	}
	return &service.GetRecordsOutput{Records: records(3, 6).Records, MillisBehindLatest: aws.Int64(0), ChildShards: []types.ChildShard{child("b", "a")}}, nil
}

// If the end of a closed shard repeatedly reports remaining records, the rest is read with
// GetRecords.
func TestFault11RepeatedEndWithRemainingRecordsIsReadWithGetRecords(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1"), EndingSequenceNumber: aws.String("9")}
		bad := records(3, 4)
		bad.ContinuationSequenceNumber, bad.ChildShards, bad.MillisBehindLatest = nil, []types.ChildShard{child("b", "a")}, aws.Int64(1000)
		s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(bad)))
		for range 9 {
			s.script("a", sends(sendsEvent(bad)))
		}
		s.script("b", sends(sendsEvent(records(7, 7))))
		r := newRun(s)
		r.client = pollableService{s}
		r.doFor(2 * time.Minute)
		if got := r.text(); got != "1 2 3 4 5 6 7 " {
			t.Errorf("got %q; messages %q", got, r.messages)
		}
	})
}

package efo

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// readable is a service whose shard a may be read with GetRecords too: from behind
// record 2 it has four more, and its end.
type readable struct{ *fakeService }

func (r readable) GetShardIterator(_ context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return &service.GetShardIteratorOutput{ShardIterator: string(in.ShardIteratorType) + in.StartingSequenceNumber}, nil
}

func (r readable) GetRecords(_ context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	if at := in.ShardIterator; at != "AFTER_SEQUENCE_NUMBER2" {
		return nil, apiError("InvalidArgumentException")
	}
	return &service.GetRecordsOutput{Records: records(3, 6).Records, MillisBehindLatest: aws.Int64(0), ChildShards: []types.ChildShard{child("b", "a")}}, nil
}

// If the end of a closed shard keeps saying that records are left, its rest is read with
// GetRecords.
func TestFault11AnEndThatIsBehindAgainAndAgainIsReadWithGetRecords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1"), EndingSequenceNumber: aws.String("9")}
		bad := records(3, 4)
		bad.ContinuationSequenceNumber, bad.ChildShards, bad.MillisBehindLatest = nil, []types.ChildShard{child("b", "a")}, aws.Int64(1000)
		s.script("a", sends(event(records(1, 2)), event(bad)))
		for range 9 {
			s.script("a", sends(event(bad)))
		}
		s.script("b", sends(event(records(7, 7))))
		r := newRun(s)
		r.client = readable{s}
		r.doFor(2 * time.Minute)
		if got := r.text(); got != "1 2 3 4 5 6 7 " {
			t.Errorf("got %q; said %q", got, r.said)
		}
	})
}

package doctor

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/local"
	"kin/internal/paging"
	"kin/internal/service"
	"kin/internal/validate"
	"kin/reader"
)

// openShards returns open shards with these parents.
func openShards(parents map[string]string) []types.Shard {
	var shards []types.Shard
	for _, id := range []string{"shardId-000000000000", "shardId-000000000001", "shardId-000000000002"} {
		s := types.Shard{ShardId: aws.String(id), SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")},
			HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("1")}}
		if p := parents[id]; p != "" {
			s.ParentShardId = aws.String(p)
		}
		shards = append(shards, s)
	}
	return shards
}

func TestFault01CyclicLineageIsAFailureWithTheShard(t *testing.T) {
	cycle := map[string]string{"shardId-000000000000": "shardId-000000000001", "shardId-000000000001": "shardId-000000000000"}
	for name, change := range map[string]func([]types.Shard){
		"open shards": func([]types.Shard) {},
		// A filter for open shards would hide these, but every reader lists all shards.
		"closed shards": func(shards []types.Shard) {
			for _, s := range shards[:2] {
				s.SequenceNumberRange.EndingSequenceNumber = aws.String("9")
			}
		},
	} {
		for _, need := range []Need{"", NeedRead, NeedWrite} {
			t.Run(name+" "+string(need), func(t *testing.T) {
				report, _ := examine(t, local.Options{}, func(_ *kinesis.Client, s *simpleEndpoint, o *Options) {
					s.shards = openShards(cycle)
					change(s.shards)
					s.hideClosed = true
					if need != "" {
						o.Needs = []Need{need}
					}
				})
				failed := 0
				for _, c := range report.Checks {
					if c.Status != Fail {
						continue
					}
					failed++
					if !strings.HasSuffix(c.Message, "shard shardId-000000000000 is its own ancestor") || !strings.Contains(c.Advice, "--endpoint") {
						t.Errorf("%+v, want a failure that names the shard", c)
					}
				}
				if failed != 1 || report.Findings() == 0 {
					t.Errorf("%d failures, want one: %v", failed, report.Checks)
				}
			})
		}
	}
}

// An invalid list cannot be used, whichever call returned it.
func TestFault05InvalidListIsAFailureWithTheReason(t *testing.T) {
	var pages paging.Guard
	_ = pages.Next("token", 1)
	repeats := pages.Next("token", 1)
	for _, call := range []string{"ListShards", "ListStreamConsumers"} {
		for want, err := range map[string]error{
			"the answer repeats a page token":  repeats,
			"shardId-000000000003 is odd":      &validate.Error{Reason: "shardId-000000000003 is odd"},
			"shard a is its own ancestor":      &reader.LineageError{Call: call, Stream: "orders", Shard: "a"},
			"unknown: something else happened": errors.New("something else happened"),
		} {
			e := &examination{o: Options{Stream: "orders"}, report: &Report{}}
			e.addPermission(call, &service.GaveUpError{Err: &service.CallError{Call: call, Stream: "orders", Err: err}}, Warn)
			c := e.report.Checks[0]
			isWrong := !strings.HasPrefix(want, "unknown")
			if !strings.Contains(c.Message, want) || (c.Status == Fail) != isWrong || isWrong && !strings.Contains(c.Advice, "--endpoint") {
				t.Errorf("%s %v: %+v", call, err, c)
			}
		}
	}
}

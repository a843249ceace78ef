package reader

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// family lists shards as "child<parent+adjacent"; a trailing ! is closed.
func family(specs ...string) []types.Shard {
	var shards []types.Shard
	for _, spec := range specs {
		s := types.Shard{SequenceNumberRange: &types.SequenceNumberRange{}}
		if spec[len(spec)-1] == '!' {
			s.SequenceNumberRange.EndingSequenceNumber = aws.String("9")
			spec = spec[:len(spec)-1]
		}
		s.ShardId = aws.String(spec[:1])
		if len(spec) > 2 {
			s.ParentShardId = aws.String(spec[2:3])
		}
		if len(spec) > 4 {
			s.AdjacentParentShardId = aws.String(spec[4:5])
		}
		shards = append(shards, s)
	}
	return shards
}

var (
	startedAt = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	everyone  = func(string) bool { return true }
)

// streamOf is the one stream of a run.
func streamOf(s *session) *streamRun { return runOf(s).streams[0] }

// runOf is a run that reads one stream.
func runOf(s *session) *run {
	r := &run{running: &running{session: s}}
	stream := &streamRun{delivery: delivery{Stream: newStream(s, "orders")}, run: r.running}
	stream.follower = stream
	r.streams = []*streamRun{stream}
	return r
}

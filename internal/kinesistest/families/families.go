// Package families has lists of related shards. Only tests import it.
package families

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// ShardName is the ID of the shard with a number.
func ShardName(n int) string { return fmt.Sprintf("shardId-%012d", n) }

// Pairs returns the shards of a stream that was split and merged again n times.
func Pairs(n int) []types.Shard {
	shards := []types.Shard{{ShardId: aws.String(ShardName(0))}}
	for top := 0; top < 3*n; top += 3 {
		for _, half := range []int{1, 2} {
			shards = append(shards, types.Shard{ShardId: aws.String(ShardName(top + half)), ParentShardId: aws.String(ShardName(top))})
		}
		shards = append(shards, types.Shard{ShardId: aws.String(ShardName(top + 3)), ParentShardId: aws.String(ShardName(top + 1)), AdjacentParentShardId: aws.String(ShardName(top + 2))})
	}
	return shards
}

// Of returns shards from specs such as "child<parent+adjacent". A trailing ! is a closed shard.
func Of(specs ...string) []types.Shard {
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

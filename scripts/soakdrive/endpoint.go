package main

import (
	"context"

	"kin/scripts/plainhttp"
)

// endpoint calls kin local with plain HTTP.
type endpoint struct{ plainhttp.Endpoint }

// shard is a shard in the API's form.
type shard struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId,omitempty"`
	AdjacentParentShardID string `json:"AdjacentParentShardId,omitempty"`
	HashKeyRange          struct{ StartingHashKey, EndingHashKey string }
	SequenceNumberRange   struct {
		StartingSequenceNumber string
		EndingSequenceNumber   string `json:",omitempty"`
	}
}

func (s shard) open() bool { return s.SequenceNumberRange.EndingSequenceNumber == "" }

// shards lists all shards of the stream. It calls DescribeStream, which never has a fault.
func (e endpoint) shards(ctx context.Context, stream string) ([]shard, error) {
	var all []shard
	for {
		in := map[string]any{"StreamName": stream}
		if len(all) > 0 {
			in["ExclusiveStartShardId"] = all[len(all)-1].ShardID
		}
		var out struct {
			StreamDescription struct {
				Shards        []shard
				HasMoreShards bool
			}
		}
		if err := e.Call(ctx, "DescribeStream", in, &out); err != nil {
			return nil, err
		}
		all = append(all, out.StreamDescription.Shards...)
		if !out.StreamDescription.HasMoreShards {
			return all, nil
		}
	}
}

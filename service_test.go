package main

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// awaitActive waits until a stream is ACTIVE and can be changed.
func (s *service) awaitActive(ctx context.Context, stream string) error {
	return kinesis.NewStreamExistsWaiter(s.client, func(o *kinesis.StreamExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 100*time.Millisecond
	}).Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &stream}, patience)
}

// middle returns the hash key in the middle of a shard's range.
func (s *service) middle(ctx context.Context, stream, shard string) (string, error) {
	out, err := s.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &stream})
	if err != nil {
		return "", err
	}
	for _, candidate := range out.Shards {
		if *candidate.ShardId != shard {
			continue
		}
		from, _ := new(big.Int).SetString(*candidate.HashKeyRange.StartingHashKey, 10)
		to, _ := new(big.Int).SetString(*candidate.HashKeyRange.EndingHashKey, 10)
		return from.Add(from, to).Rsh(from, 1).String(), nil
	}
	return "", fmt.Errorf("no shard %s in %s", shard, stream)
}

func readFile(path string) ([]byte, error) { return os.ReadFile(path) }

func writeFile(path string, b []byte) error { return os.WriteFile(path, b, 0o600) }

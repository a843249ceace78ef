package local

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Writers put numbered records by key while shards are split and merged and a reader reads. No
// record may be lost or stored twice. The records of a key must be in order along the lineage.
func TestNothingIsLostWhileShardsAreResharded(t *testing.T) {
	const writers, batches, perBatch = 4, 30, 20
	_, s := with(t, 3, Options{})

	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for b := range batches {
				list := make([]types.PutRecordsRequestEntry, perBatch)
				for i := range list {
					n := b*perBatch + i
					list[i] = types.PutRecordsRequestEntry{Data: []byte(fmt.Sprintf("%d/%d %d", w, n%5, n)), PartitionKey: aws.String(fmt.Sprintf("%d/%d", w, n%5))}
				}
				out, err := s.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: list})
				if err != nil || *out.FailedRecordCount != 0 {
					t.Errorf("put: %v", err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() { // a reader that checks only that the shards are consistent
		for {
			select {
			case <-done:
				return
			default:
			}
			out, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}})
			if err != nil {
				t.Error(err)
				return
			}
			covers(t, out.Shards)
			id := out.Shards[0].ShardId
			s.readShard(t, *id)
		}
	})
	for i := range 6 {
		open := s.shards(t, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
		slices.SortFunc(open, func(a, b types.Shard) int {
			return number(t, a.HashKeyRange.StartingHashKey).Cmp(number(t, b.HashKeyRange.StartingHashKey))
		})
		if i%2 == 0 {
			s.split(t, open[i%len(open)])
		} else {
			s.merge(t, *open[0].ShardId, *open[1].ShardId)
		}
	}
	writing.Wait()
	close(done)
	following.Wait()

	last := map[string]int{}
	count := 0
	all := s.shards(t, nil) // parents before children, because a child has a higher number
	checkLineage(t, all)
	for _, sh := range all {
		data, end := s.readShard(t, *sh.ShardId)
		if closed := sh.SequenceNumberRange.EndingSequenceNumber != nil; closed != (end.NextShardIterator == nil) || closed != (len(end.ChildShards) > 0) {
			t.Errorf("%s: closed %v, ended %v with %d children", *sh.ShardId, closed, end.NextShardIterator == nil, len(end.ChildShards))
		}
		for _, text := range data {
			key, _, _ := strings.Cut(text, " ")
			var n int
			if _, err := fmt.Sscanf(text, key+" %d", &n); err != nil {
				t.Fatal(err)
			}
			if before, seen := last[key]; seen && n <= before {
				t.Errorf("key %s: %d after %d", key, n, before)
			}
			last[key] = n
			count++
		}
	}
	if want := writers * batches * perBatch; count != want {
		t.Errorf("read %d records, want %d", count, want)
	}
}

// Streams are created and deleted while other clients use them.
func TestStreamsAreCreatedAndDeletedConcurrently(t *testing.T) {
	r, s := with(t, 2, Options{})
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			name := fmt.Sprintf("s%d", w%2)
			for range 20 {
				_, _ = r.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(2)})
				_, _ = r.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &name, Data: []byte("x"), PartitionKey: aws.String("k")})
				_, _ = r.ListStreams(s.ctx, &kinesis.ListStreamsInput{})
				_, _ = r.DescribeLimits(s.ctx, &kinesis.DescribeLimitsInput{})
				_, _ = r.DeleteStream(s.ctx, &kinesis.DeleteStreamInput{StreamName: &name})
			}
		})
	}
	all.Wait()
	if out := must(r.ListStreams(s.ctx, &kinesis.ListStreamsInput{}))(t); !slices.Equal(out.StreamNames, []string{"orders"}) {
		t.Errorf("left are %q", out.StreamNames)
	}
}

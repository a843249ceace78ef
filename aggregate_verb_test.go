package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"math/big"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/rogpeppe/go-internal/testscript"

	"kin/internal/kpl"
)

// verbAggregate implements aggregate STREAM FIRST LAST SIZE FILE. It puts aggregates of SIZE
// records with the payloads FIRST to LAST. As in PyPI's aws_kinesis_agg, every record has its own
// key, and the aggregate goes to the shard of an unrelated key. It writes to FILE the payloads of
// the records that are in the shard of their own key.
func verbAggregate(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 5, 5, "aggregate STREAM FIRST LAST SIZE FILE")
	from, last, size := number(ts, args[1]), number(ts, args[2]), number(ts, args[3])
	listed, err := s.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &args[0]})
	ts.Check(err)
	var inside bytes.Buffer
	for first := from; first <= last; first += size {
		var users []kpl.Record
		for n := first; n < first+size && n <= last; n++ {
			users = append(users, kpl.Record{PartitionKey: fmt.Sprint("key-", n), Data: []byte(strconv.Itoa(n))})
		}
		out, err := s.client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &args[0], PartitionKey: aws.String(fmt.Sprint("aggregate-", first)), Data: kpl.Aggregate(nil, users)})
		ts.Check(err)
		for _, shard := range listed.Shards {
			if *shard.ShardId != *out.ShardId {
				continue
			}
			for _, u := range users {
				if within(shard.HashKeyRange, u.PartitionKey) {
					fmt.Fprintf(&inside, "%s\n", u.Data)
				}
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[4]), inside.Bytes(), 0o600))
}

// within reports whether a partition key belongs to a range of hash keys.
func within(r *types.HashKeyRange, key string) bool {
	sum := md5.Sum([]byte(key))
	hash := new(big.Int).SetBytes(sum[:])
	starting, _ := new(big.Int).SetString(*r.StartingHashKey, 10)
	ending, _ := new(big.Int).SetString(*r.EndingHashKey, 10)
	return hash.Cmp(starting) >= 0 && hash.Cmp(ending) <= 0
}

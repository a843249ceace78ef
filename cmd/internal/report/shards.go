package report

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/lineage"
	"kin/internal/record"
	"kin/survey"
)

// Shards is the output of kin shards -o json. ARN and status are absent if
// DescribeStreamSummary did not return them.
type Shards struct {
	StreamName     string        `json:"streamName"`
	StreamARN      string        `json:"streamARN,omitempty"`
	StreamStatus   string        `json:"streamStatus,omitempty"`
	OpenShardCount int           `json:"openShardCount"`
	Shards         []shardReport `json:"shards"`
}

type shardReport struct {
	ShardID         string        `json:"shardId"`
	State           string        `json:"state"`
	Parent          string        `json:"parentShardId,omitempty"`
	AdjacentParent  string        `json:"adjacentParentShardId,omitempty"`
	Children        []string      `json:"childShards"`
	HashKeys        hashKeyRange  `json:"hashKeyRange"`
	HashKeyShare    float64       `json:"hashKeyShare"`
	SequenceNumbers sequenceRange `json:"sequenceNumberRange"`
	Rates           *ratesReport  `json:"rates,omitempty"`
}

type hashKeyRange struct {
	Starting string `json:"startingHashKey"`
	Ending   string `json:"endingHashKey"`
}

type sequenceRange struct {
	Starting string `json:"startingSequenceNumber,omitempty"`
	Ending   string `json:"endingSequenceNumber,omitempty"`
}

// ShardsOf returns the report of a stream. rates may be nil; else every shard has rates.
func ShardsOf(s *survey.Stream, rates map[string]survey.Rates) Shards {
	r := Shards{StreamName: record.ParseStream(s.Given).Name, OpenShardCount: len(s.Open()), Shards: []shardReport{}}
	if s.Summary != nil {
		r.StreamARN, r.StreamStatus = aws.ToString(s.Summary.StreamARN), string(s.Summary.StreamStatus)
	} else if r.StreamName != s.Given {
		r.StreamARN = s.Given
	}
	for _, shard := range s.Shards.Sorted() {
		one := shardReport{
			ShardID: shard.ID, State: stateOf(shard),
			Children:        append([]string{}, s.Shards.Children(shard.ID)...),
			HashKeys:        hashKeyRange{shard.Hashes.Starting.String(), shard.Hashes.Ending.String()},
			HashKeyShare:    shard.Hashes.Share(),
			SequenceNumbers: sequenceRange{shard.First, shard.Last},
		}
		if len(shard.Parents) > 0 {
			one.Parent = shard.Parents[0]
		}
		if hasTwoParents(shard) {
			one.AdjacentParent = shard.Parents[1]
		}
		if rates != nil {
			one.Rates = ratesReportOf(rates[shard.ID]) // a closed shard has no rates: all are 0
		}
		r.Shards = append(r.Shards, one)
	}
	return r
}

// ratesReport is what --rates adds to a shard. The hottest key is first.
type ratesReport struct {
	RecordsPerSecond float64        `json:"recordsPerSecond"`
	BytesPerSecond   float64        `json:"bytesPerSecond"`
	WriteLimitShare  float64        `json:"writeLimitShare"`
	HotKeys          []hotKeyReport `json:"hotKeys"`
	SplitAt          string         `json:"splitAt,omitempty"`
}

type hotKeyReport struct {
	PartitionKey string  `json:"partitionKey"`
	Share        float64 `json:"share"`
}

func ratesReportOf(rate survey.Rates) *ratesReport {
	r := &ratesReport{
		RecordsPerSecond: rate.RecordsPerSecond, BytesPerSecond: rate.BytesPerSecond, WriteLimitShare: rate.WriteLimitShare,
		HotKeys: []hotKeyReport{},
	}
	for _, k := range rate.HotKeys {
		r.HotKeys = append(r.HotKeys, hotKeyReport(k))
	}
	if rate.SplitAt != nil {
		r.SplitAt = rate.SplitAt.String()
	}
	return r
}

// hasTwoParents reports whether a shard is the result of a merge.
func hasTwoParents(s *lineage.Shard) bool { return len(s.Parents) > 1 }

func stateOf(s *lineage.Shard) string {
	if s.Closed {
		return "CLOSED"
	}
	return "OPEN"
}

// Keys is the output of kin shards --key -o json.
type Keys struct {
	Keys []keyReport `json:"keys"`
}

type keyReport struct {
	PartitionKey string `json:"partitionKey"`
	HashKey      string `json:"hashKey"`
	ShardID      string `json:"shardId"`
}

// KeysOf returns the report of the shards of partition keys.
func KeysOf(found []survey.Key) Keys {
	r := Keys{Keys: []keyReport{}}
	for _, k := range found {
		r.Keys = append(r.Keys, keyReport{k.PartitionKey, k.HashKey.String(), k.Shard.ID})
	}
	return r
}

package local

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func badArguments(t *testing.T, s *subject) {
	s.create(t, 1)
	shard := aws.String("shardId-000000000000")
	for _, c := range []struct {
		name string
		call func() error
		want string
	}{
		{"no stream at all", func() error {
			_, err := s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{})
			return err
		}, "ValidationException"},
		{"bad stream name", func() error {
			_, err := s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("a b")})
			return err
		}, "ValidationException"},
		{"long stream name", func() error {
			_, err := s.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: aws.String(strings.Repeat("a", 129)), ShardCount: aws.Int32(1)})
			return err
		}, "ValidationException"},
		{"iterator type", func() error {
			_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: shard, ShardIteratorType: "OLDEST"})
			return err
		}, "ValidationException"},
		{"sequence number that is no number", func() error {
			_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: shard,
				ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: aws.String("x")})
			return err
		}, "ValidationException"},
		{"sequence number that nobody made", func() error {
			_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: shard,
				ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: aws.String("9" + strings.Repeat("1", 55))})
			return err
		}, "InvalidArgumentException"},
		{"AT_SEQUENCE_NUMBER without one", func() error {
			_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: shard,
				ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber})
			return err
		}, "InvalidArgumentException"},
		{"AT_TIMESTAMP without one", func() error {
			_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: shard,
				ShardIteratorType: types.ShardIteratorTypeAtTimestamp})
			return err
		}, "InvalidArgumentException"},
		{"LATEST with a sequence number", func() error {
			_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: shard,
				ShardIteratorType: types.ShardIteratorTypeLatest, StartingSequenceNumber: aws.String("0")})
			return err
		}, "InvalidArgumentException"},
		{"garbage iterator", func() error {
			_, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("AAAAAAAAAAGgarbage")})
			return err
		}, "InvalidArgumentException"},
		{"limit above 10000", func() error {
			_, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("x"), Limit: aws.Int32(10001)})
			return err
		}, "ValidationException"},
		{"limit zero", func() error {
			_, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("x"), Limit: aws.Int32(0)})
			return err
		}, "ValidationException"},
		{"empty partition key", func() error {
			_, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String("")})
			return err
		}, "ValidationException"},
		{"long partition key", func() error {
			_, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String(strings.Repeat("k", 257))})
			return err
		}, "ValidationException"},
		{"hash key with a leading zero", func() error {
			_, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("01")})
			return err
		}, "ValidationException"},
		{"hash key of 2^128", func() error {
			_, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String("k"),
				ExplicitHashKey: aws.String("340282366920938463463374607431768211456")})
			return err
		}, "InvalidArgumentException"},
		{"no shards", func() error {
			_, err := s.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("x"), ShardCount: aws.Int32(0)})
			return err
		}, "ValidationException"},
		{"record size out of range", func() error {
			arn := "arn:aws:kinesis:us-east-1:000000000000:stream/" + s.name
			_, err := s.UpdateMaxRecordSize(s.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: &arn, MaxRecordSizeInKiB: aws.Int32(10241)})
			return err
		}, "ValidationException"},
	} {
		if got := codeOf(c.call()); got != c.want {
			t.Errorf("%s: got %q, want %s", c.name, got, c.want)
		}
	}
}

func unknownThings(t *testing.T, s *subject) {
	nowhere := aws.String("nowhere-" + s.name)
	_, err := s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: nowhere})
	wantCode(t, err, "ResourceNotFoundException")
	if want := "Stream " + *nowhere + " under account 000000000000 not found."; messageOf(err) != want {
		t.Errorf("got %q, want %q", messageOf(err), want)
	}
	_, err = s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: nowhere})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: nowhere, Data: []byte("x"), PartitionKey: aws.String("k")})
	wantCode(t, err, "ResourceNotFoundException")
	s.create(t, 1)
	_, err = s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String("shardId-000000000009"),
		ShardIteratorType: types.ShardIteratorTypeLatest})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: aws.String("shardId-000000000009"), NewStartingHashKey: aws.String("9")})
	wantCode(t, err, "ResourceNotFoundException")
}

func sizeLimits(t *testing.T, s *subject) {
	s.create(t, 1)
	entries := func(n, size int) []types.PutRecordsRequestEntry {
		list := make([]types.PutRecordsRequestEntry, n)
		for i := range list {
			list[i] = types.PutRecordsRequestEntry{Data: make([]byte, size), PartitionKey: aws.String("k")}
		}
		return list
	}
	put := func(list []types.PutRecordsRequestEntry) error {
		_, err := s.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: list})
		return err
	}
	wantCode(t, put(entries(501, 1)), "ValidationException")
	wantCode(t, put(entries(0, 1)), "ValidationException")
	wantCode(t, put(entries(1, 1<<20)), "InvalidArgumentException") // with its key it is one byte too long
	if err := put(entries(1, 1<<20-1)); err != nil {
		t.Error(err)
	}
	wantCode(t, put(entries(11, 1<<20-1)), "InvalidArgumentException")
	if err := put(entries(10, 1<<20-1)); err != nil {
		t.Error(err)
	}
	data, _ := s.readShard(t, "shardId-000000000000")
	if len(data) != 11 {
		t.Errorf("%d records are stored, want 11: refused requests store nothing", len(data))
	}
	it := s.iterator(t, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	if out := s.get(t, it); len(out.Records) != 10 || aws.ToInt64(out.MillisBehindLatest) == 0 {
		t.Errorf("a page holds %d records of 1 MiB and is %d ms behind, want 10 and more than 0", len(out.Records), aws.ToInt64(out.MillisBehindLatest))
	}
	arn := "arn:aws:kinesis:us-east-1:000000000000:stream/" + s.name
	if _, err := s.UpdateMaxRecordSize(s.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: &arn, MaxRecordSizeInKiB: aws.Int32(10240)}); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
	if err := put(entries(1, 10<<20-1)); err != nil {
		t.Error(err)
	}
}

func retentionPeriod(t *testing.T, s *subject) {
	s.create(t, 1)
	up := func(h int32) error {
		_, err := s.IncreaseStreamRetentionPeriod(s.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: &h})
		return err
	}
	down := func(h int32) error {
		_, err := s.DecreaseStreamRetentionPeriod(s.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: &h})
		return err
	}
	if err := up(168); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
	wantCode(t, up(100), "InvalidArgumentException")
	wantCode(t, up(9000), "InvalidArgumentException")
	wantCode(t, down(200), "InvalidArgumentException")
	wantCode(t, down(23), "InvalidArgumentException")
	if err := down(48); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
	d := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t)
	if got := *d.StreamDescriptionSummary.RetentionPeriodHours; got != 48 {
		t.Errorf("retention is %d hours, want 48", got)
	}
}

func consumers(t *testing.T, s *subject) {
	s.create(t, 1)
	arn := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary.StreamARN
	var first *types.Consumer
	for _, name := range []string{"b", "a", "c"} {
		c := must(s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String(name)}))(t).Consumer
		if c.ConsumerStatus != types.ConsumerStatusCreating || !strings.HasPrefix(*c.ConsumerARN, *arn+"/consumer/"+name+":") {
			t.Errorf("registered %+v", c)
		}
		if first == nil {
			first = c
		}
	}
	_, err := s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("b")})
	wantCode(t, err, "ResourceInUseException")
	_, err = s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("a b")})
	wantCode(t, err, "ValidationException")

	byARN := must(s.DescribeStreamConsumer(s.ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: first.ConsumerARN}))(t).ConsumerDescription
	byName := must(s.DescribeStreamConsumer(s.ctx, &kinesis.DescribeStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("b")}))(t).ConsumerDescription
	if *byARN.ConsumerName != "b" || *byName.ConsumerARN != *first.ConsumerARN || *byARN.StreamARN != *arn {
		t.Errorf("described %+v and %+v", byARN, byName)
	}
	page := must(s.ListStreamConsumers(s.ctx, &kinesis.ListStreamConsumersInput{StreamARN: arn, MaxResults: aws.Int32(2)}))(t)
	rest := must(s.ListStreamConsumers(s.ctx, &kinesis.ListStreamConsumersInput{StreamARN: arn, NextToken: page.NextToken}))(t)
	var names []string
	for _, c := range slices.Concat(page.Consumers, rest.Consumers) {
		names = append(names, *c.ConsumerName)
	}
	slices.Sort(names)
	if strings.Join(names, " ") != "a b c" || len(page.Consumers) != 2 || rest.NextToken != nil {
		t.Errorf("listed %q in pages of %d and %d", names, len(page.Consumers), len(rest.Consumers))
	}
	_, err = s.DeleteStream(s.ctx, &kinesis.DeleteStreamInput{StreamName: &s.name})
	wantCode(t, err, "ResourceInUseException")

	if _, err := s.DeregisterStreamConsumer(s.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: first.ConsumerARN}); err != nil {
		t.Fatal(err)
	}
	isDeleted := func() bool {
		_, err := s.DescribeStreamConsumer(s.ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: first.ConsumerARN})
		return codeOf(err) == "ResourceNotFoundException"
	}
	for end := time.Now().Add(20 * time.Second); !isDeleted(); {
		if time.Now().After(end) {
			t.Fatal("the consumer is still there")
		}
	}
	again := must(s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("b")}))(t).Consumer
	if *again.ConsumerARN == *first.ConsumerARN {
		t.Error("a consumer that was registered again has the old ARN")
	}
}

func tags(t *testing.T, s *subject) {
	s.create(t, 1)
	_, err := s.AddTagsToStream(s.ctx, &kinesis.AddTagsToStreamInput{StreamName: &s.name, Tags: map[string]string{"a": "1", "b": "2", "c": ""}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RemoveTagsFromStream(s.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: &s.name, TagKeys: []string{"b", "no"}}); err != nil {
		t.Fatal(err)
	}
	list := must(s.ListTagsForStream(s.ctx, &kinesis.ListTagsForStreamInput{StreamName: &s.name, Limit: aws.Int32(1)}))(t)
	rest := must(s.ListTagsForStream(s.ctx, &kinesis.ListTagsForStreamInput{StreamName: &s.name, ExclusiveStartTagKey: list.Tags[0].Key}))(t)
	got := fmt.Sprintf("%s=%s %v %s=%s %v", *list.Tags[0].Key, *list.Tags[0].Value, *list.HasMoreTags, *rest.Tags[0].Key, *rest.Tags[0].Value, *rest.HasMoreTags)
	if got != "a=1 true c= false" {
		t.Errorf("got tags %s", got)
	}
	_, err = s.AddTagsToStream(s.ctx, &kinesis.AddTagsToStreamInput{StreamName: &s.name, Tags: map[string]string{"a%": "1"}})
	wantCode(t, err, "InvalidArgumentException")
}

func byARN(t *testing.T, s *subject) {
	s.create(t, 1)
	arn := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary.StreamARN
	if want := "arn:aws:kinesis:us-east-1:000000000000:stream/" + s.name; *arn != want {
		t.Errorf("got ARN %s, want %s", *arn, want)
	}
	if _, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamARN: arn, Data: []byte("x"), PartitionKey: aws.String("k")}); err != nil {
		t.Error(err)
	}
	if out := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamARN: arn}))(t); len(out.Shards) != 1 {
		t.Errorf("listed %d shards", len(out.Shards))
	}
	it := must(s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamARN: arn, ShardId: aws.String("shardId-000000000000"),
		ShardIteratorType: types.ShardIteratorTypeTrimHorizon}))(t).ShardIterator
	out := must(s.GetRecords(s.ctx, &kinesis.GetRecordsInput{StreamARN: arn, ShardIterator: it}))(t)
	if len(out.Records) != 1 {
		t.Errorf("read %d records", len(out.Records))
	}
	_, err := s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/" + s.name)})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamARN: arn, StreamName: aws.String("other")})
	wantCode(t, err, "InvalidArgumentException")
}

package local

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestStatusesChangeWithTheClock(t *testing.T) {
	o := Options{CreatingDelay: time.Second, UpdatingDelay: 2 * time.Second, DeletingDelay: 3 * time.Second}
	r := start(t, o)
	s := &subject{Client: r.Client, ctx: t.Context(), name: "orders"}
	if _, err := s.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: &s.name, ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	status := func() types.StreamStatus {
		out, err := s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name})
		if err != nil {
			return types.StreamStatus(codeOf(err))
		}
		return out.StreamDescriptionSummary.StreamStatus
	}
	want := func(w types.StreamStatus) {
		t.Helper()
		if got := status(); got != w {
			t.Errorf("status %s, want %s", got, w)
		}
	}
	split := func(id, hash string) error {
		_, err := s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: &id, NewStartingHashKey: &hash})
		return err
	}
	want(types.StreamStatusCreating)
	_, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name})
	wantCode(t, err, "ResourceInUseException")
	_, err = s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String("k")})
	wantCode(t, err, "ResourceNotFoundException")
	wantCode(t, split(shard0, "1000"), "ResourceInUseException")
	r.Advance(time.Second)
	want(types.StreamStatusActive)
	s.put(t, "before", "k")
	if err := split(shard0, "1000"); err != nil {
		t.Fatal(err)
	}
	want(types.StreamStatusUpdating)
	wantCode(t, split("shardId-000000000002", "2000"), "ResourceInUseException")
	if got := *s.put(t, "after", "k").ShardId; got != "shardId-000000000002" {
		t.Errorf("while UPDATING a record went to %s", got)
	}
	if got, _ := s.readShard(t, shard0); strings.Join(got, " ") != "before" {
		t.Errorf("while UPDATING the parent holds %q", got)
	}
	r.Advance(2 * time.Second)
	want(types.StreamStatusActive)
	if _, err := s.DeleteStream(s.ctx, &kinesis.DeleteStreamInput{StreamName: &s.name}); err != nil {
		t.Fatal(err)
	}
	want(types.StreamStatusDeleting)
	_, err = s.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: &s.name, ShardCount: aws.Int32(1)})
	wantCode(t, err, "ResourceInUseException")
	r.Advance(3 * time.Second)
	want("ResourceNotFoundException")
}

func TestConsumerStatusesChangeWithTheClock(t *testing.T) {
	r, s := with(t, 1, Options{ConsumerCreatingDelay: time.Minute, ConsumerDeletingDelay: time.Minute, Limits: LimitsOff})
	streamARN := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders")
	register := func(name string) error {
		_, err := s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN, ConsumerName: &name})
		return err
	}
	describe := func() string {
		out, err := s.DescribeStreamConsumer(s.ctx, &kinesis.DescribeStreamConsumerInput{StreamARN: streamARN, ConsumerName: aws.String("c0")})
		if err != nil {
			return codeOf(err)
		}
		return string(out.ConsumerDescription.ConsumerStatus)
	}
	for i := range 5 {
		if err := register(fmt.Sprintf("c%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, register("c5"), "LimitExceededException")
	deregister := func() error {
		_, err := s.DeregisterStreamConsumer(s.ctx, &kinesis.DeregisterStreamConsumerInput{StreamARN: streamARN, ConsumerName: aws.String("c0")})
		return err
	}
	wantCode(t, deregister(), "ResourceInUseException")
	if got := describe(); got != creating {
		t.Errorf("status %s", got)
	}
	r.Advance(time.Minute)
	if got := describe(); got != active {
		t.Errorf("status %s", got)
	}
	for i := 5; i < 20; i++ {
		if i%5 == 0 {
			r.Advance(time.Minute)
		}
		if err := register(fmt.Sprintf("c%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	r.Advance(time.Minute)
	wantCode(t, register("c20"), "LimitExceededException")

	if err := deregister(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, deregister(), "ResourceInUseException")
	wantCode(t, register("c0"), "ResourceInUseException")
	if got := describe(); got != deleting {
		t.Errorf("status %s", got)
	}
	r.Advance(time.Minute)
	if got := describe(); got != "ResourceNotFoundException" {
		t.Errorf("status %s", got)
	}
}

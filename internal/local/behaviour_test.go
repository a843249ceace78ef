package local

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// with starts an endpoint with the stream orders, which has the given number of shards. It also
// returns a subject for the contract's helpers. Limits are off unless o sets them.
func with(t *testing.T, shards int, o Options) (*running, *subject) {
	t.Helper()
	if o.Limits == "" {
		o.Limits = LimitsOff
	}
	o.Streams = append(o.Streams, StreamSpec{"orders", shards})
	r := start(t, o)
	return r, &subject{Client: r.Client, ctx: t.Context(), name: "orders"}
}

const (
	shard0 = "shardId-000000000000"
	day    = 24 * time.Hour
)

func trimHorizon() kinesis.GetShardIteratorInput {
	return kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
}

func TestAutoStreamsIgnoreTheHashKey(t *testing.T) {
	r := start(t, Options{})
	s := &subject{Client: r.Client, ctx: t.Context(), name: "auto"}
	in := &kinesis.CreateStreamInput{StreamName: &s.name, StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
		RecordDistributionStrategy: types.RecordDistributionStrategyAuto}
	if _, err := s.CreateStream(s.ctx, in); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for range 8 {
		out := must(s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), ExplicitHashKey: aws.String("0")}))(t)
		got[*out.ShardId]++
	}
	if len(got) != 4 {
		t.Errorf("eight records without a key went to %v", got)
	}
	out := must(s.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: []types.PutRecordsRequestEntry{{Data: []byte("x")}}}))(t)
	if *out.FailedRecordCount != 0 {
		t.Error("PutRecords requires a key")
	}
	d := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary
	if d.RecordDistributionStrategy != types.RecordDistributionStrategyAuto || d.StreamModeDetails.StreamMode != types.StreamModeOnDemand {
		t.Errorf("described as %s, %s", d.RecordDistributionStrategy, d.StreamModeDetails.StreamMode)
	}
	in.StreamName, in.StreamModeDetails, in.ShardCount = aws.String("not"), nil, aws.Int32(1)
	_, err := s.CreateStream(s.ctx, in)
	wantCode(t, err, "ValidationException")
}

func TestDescriptionsReturnTheSettings(t *testing.T) {
	_, s := with(t, 1, Options{})
	arn := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders")
	if _, err := s.StartStreamEncryption(s.ctx, &kinesis.StartStreamEncryptionInput{StreamName: &s.name, EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("alias/k")}); err != nil {
		t.Fatal(err)
	}
	m := must(s.EnableEnhancedMonitoring(s.ctx, &kinesis.EnableEnhancedMonitoringInput{StreamName: &s.name, ShardLevelMetrics: []types.MetricsName{"ALL"}}))(t)
	if len(m.CurrentShardLevelMetrics) != 0 || len(m.DesiredShardLevelMetrics) != 7 {
		t.Errorf("metrics from %v to %v", m.CurrentShardLevelMetrics, m.DesiredShardLevelMetrics)
	}
	m2 := must(s.DisableEnhancedMonitoring(s.ctx, &kinesis.DisableEnhancedMonitoringInput{StreamName: &s.name, ShardLevelMetrics: []types.MetricsName{"IncomingBytes"}}))(t)
	if len(m2.CurrentShardLevelMetrics) != 7 || len(m2.DesiredShardLevelMetrics) != 6 {
		t.Errorf("metrics from %v to %v", m2.CurrentShardLevelMetrics, m2.DesiredShardLevelMetrics)
	}
	if _, err := s.UpdateMaxRecordSize(s.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: arn, MaxRecordSizeInKiB: aws.Int32(2048)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateStreamMode(s.ctx, &kinesis.UpdateStreamModeInput{StreamARN: arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}}); err != nil {
		t.Fatal(err)
	}
	d := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary
	got := fmt.Sprintln(d.EncryptionType, *d.KeyId, len(d.EnhancedMonitoring[0].ShardLevelMetrics), *d.MaxRecordSizeInKiB, d.StreamModeDetails.StreamMode, d.RecordDistributionStrategy)
	if want := "KMS alias/k 6 2048 ON_DEMAND USER_PARTITION_KEY\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if out := s.put(t, "x", "k"); out.EncryptionType != types.EncryptionTypeKms {
		t.Errorf("put with encryption %q", out.EncryptionType)
	}
	if out := s.get(t, s.iterator(t, trimHorizon())); out.Records[0].EncryptionType != types.EncryptionTypeKms {
		t.Errorf("got with encryption %q", out.Records[0].EncryptionType)
	}
	_, err := s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: aws.String(shard0), NewStartingHashKey: aws.String("1000")})
	wantCode(t, err, "ValidationException")
}

func TestDryRunDoesNothing(t *testing.T) {
	_, s := with(t, 1, Options{})
	_, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String("k"), DryRun: aws.Bool(true)})
	wantCode(t, err, "DryRunOperationException")
	_, err = s.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, DryRun: aws.Bool(true),
		Records: []types.PutRecordsRequestEntry{{Data: []byte("x"), PartitionKey: aws.String("k")}}})
	wantCode(t, err, "DryRunOperationException")
	_, err = s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String(shard0),
		ShardIteratorType: types.ShardIteratorTypeLatest, DryRun: aws.Bool(true)})
	wantCode(t, err, "DryRunOperationException")
	it := s.iterator(t, trimHorizon())
	_, err = s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, DryRun: aws.Bool(true)})
	wantCode(t, err, "DryRunOperationException")
	if got, _ := s.readShard(t, shard0); len(got) != 0 {
		t.Errorf("a dry run stored %q", got)
	}
}

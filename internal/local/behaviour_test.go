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

func TestIteratorsExpireAfterFiveMinutes(t *testing.T) {
	r, s := with(t, 1, Options{})
	it := s.iterator(t, trimHorizon())
	r.Advance(5*time.Minute - time.Second)
	it = *s.get(t, it).NextShardIterator
	r.Advance(5*time.Minute - time.Second)
	s.get(t, it) // an iterator's lifetime begins when it is returned
	r.Advance(3 * time.Second)
	_, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
	wantCode(t, err, "ExpiredIteratorException")
	if !strings.HasSuffix(messageOf(err), "which is further in the future than the tolerated delay of 300000 milliseconds.") {
		t.Errorf("got %q", messageOf(err))
	}
}

func TestTokensExpireAfter300Seconds(t *testing.T) {
	r, s := with(t, 3, Options{})
	list := func(token *string) (*kinesis.ListShardsOutput, error) {
		return s.ListShards(s.ctx, &kinesis.ListShardsInput{NextToken: token, MaxResults: aws.Int32(1)})
	}
	first := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(1)}))(t)
	r.Advance(299 * time.Second)
	second := must(list(first.NextToken))(t)
	r.Advance(2 * time.Second)
	_, err := list(first.NextToken)
	wantCode(t, err, "ExpiredNextTokenException")
	if out := must(list(second.NextToken))(t); len(out.Shards) != 1 || out.NextToken != nil {
		t.Errorf("the last page: %+v", out)
	}
}

func TestRetentionTrimsRecords(t *testing.T) {
	r, s := with(t, 1, Options{})
	for _, text := range []string{"1", "2"} {
		s.put(t, text, "k")
		r.Advance(time.Hour)
	}
	it := s.iterator(t, trimHorizon())
	out := s.get(t, it)
	if got := aws.ToInt64(out.MillisBehindLatest); len(out.Records) != 2 || got != 0 {
		t.Errorf("%d records, %d ms behind", len(out.Records), got)
	}
	r.Advance(22*time.Hour + 30*time.Minute)
	if got, _ := s.readShard(t, shard0); strings.Join(got, " ") != "2" {
		t.Errorf("after a day there is %q, want 2", got)
	}
	r.Advance(time.Hour)
	if got, last := s.readShard(t, shard0); len(got) != 0 || *last.MillisBehindLatest != 0 {
		t.Errorf("after another hour there is %q", got)
	}
}

func TestMillisBehindLatestIsTheAgeOfTheNextRecord(t *testing.T) {
	r, s := with(t, 1, Options{})
	s.put(t, "1", "k")
	r.Advance(10 * time.Minute)
	s.put(t, "2", "k")
	r.Advance(time.Minute)
	it := s.iterator(t, trimHorizon())
	out := must(s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(1)}))(t)
	if ms := *out.MillisBehindLatest; ms < 60_000 || ms > 70_000 {
		t.Errorf("%d ms behind, want the minute the second record is old", ms)
	}
	out = s.get(t, *out.NextShardIterator)
	if *out.MillisBehindLatest != 0 || len(out.Records) != 1 {
		t.Errorf("%d ms behind with nothing left", *out.MillisBehindLatest)
	}
}

func TestAtTimestamp(t *testing.T) {
	r, s := with(t, 1, Options{})
	var times []time.Time
	for _, text := range []string{"1", "2", "3"} {
		times = append(times, r.Now())
		s.put(t, text, "k")
		r.Advance(time.Hour)
	}
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{times[0].Add(-time.Hour), "1 2 3"},
		{times[0].Add(time.Minute), "2 3"},
		{times[1].Truncate(time.Millisecond), "2 3"},
		{times[2].Add(time.Minute), ""},
	} {
		it := s.iterator(t, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(c.at)})
		if got, _ := s.read(t, it); strings.Join(got, " ") != c.want {
			t.Errorf("%v: got %q, want %q", c.at.Sub(times[0]), got, c.want)
		}
	}
	_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String(shard0),
		ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(r.Now().Add(time.Minute))})
	wantCode(t, err, "InvalidArgumentException")
	if !strings.HasPrefix(messageOf(err), "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.") {
		t.Errorf("got %q", messageOf(err))
	}
}

func TestClosedShardsAreNotListedAfterRetention(t *testing.T) {
	r, s := with(t, 1, Options{})
	r.Advance(time.Hour)
	s.put(t, "x", "k")
	s.split(t, s.shards(t, nil)[0])
	r.Advance(day - time.Minute)
	if got := ids(s.shards(t, nil)); len(got) != 3 {
		t.Errorf("within retention there are shards %q", got)
	}
	r.Advance(2 * time.Minute)
	all := s.shards(t, nil)
	if got := ids(all); strings.Join(got, " ") != "1 2" {
		t.Fatalf("after retention there are shards %q", got)
	}
	if *all[0].ParentShardId != shard0 {
		t.Error("the child has no parent any longer")
	}
	if got := ids(s.shards(t, &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon})); strings.Join(got, " ") != "1 2" {
		t.Errorf("at the trim horizon there are shards %q", got)
	}
	_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String(shard0),
		ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	wantCode(t, err, "ResourceNotFoundException")
	d := must(s.DescribeStream(s.ctx, &kinesis.DescribeStreamInput{StreamName: &s.name}))(t)
	if len(d.StreamDescription.Shards) != 2 {
		t.Errorf("DescribeStream shows %d shards", len(d.StreamDescription.Shards))
	}
}

func TestShardFiltersOverTime(t *testing.T) {
	r, s := with(t, 2, Options{})
	born := r.Now()
	r.Advance(time.Hour)
	s.split(t, s.shards(t, nil)[0])
	r.Advance(time.Hour)
	s.merge(t, "shardId-000000000002", "shardId-000000000003")
	r.Advance(time.Hour)
	for _, c := range []struct {
		after time.Duration
		kind  types.ShardFilterType
		want  string
	}{
		{30 * time.Minute, types.ShardFilterTypeAtTimestamp, " 1"},
		{90 * time.Minute, types.ShardFilterTypeAtTimestamp, "1 2 3"},
		{150 * time.Minute, types.ShardFilterTypeAtTimestamp, "1 4"},
		{-time.Hour, types.ShardFilterTypeAtTimestamp, " 1"},
		{30 * time.Minute, types.ShardFilterTypeFromTimestamp, " 1 2 3 4"},
		{90 * time.Minute, types.ShardFilterTypeFromTimestamp, "1 2 3 4"},
		{150 * time.Minute, types.ShardFilterTypeFromTimestamp, "1 4"},
	} {
		got := ids(s.shards(t, &types.ShardFilter{Type: c.kind, Timestamp: aws.Time(born.Add(c.after))}))
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %v: got %q, want %q", c.kind, c.after, got, c.want)
		}
	}
	_, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name,
		ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(r.Now().Add(time.Hour))}})
	wantCode(t, err, "InvalidArgumentException")

	// 23.5 hours later the trim horizon is between the split and the merge.
	r.Advance(day - 90*time.Minute)
	if got := ids(s.shards(t, &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon})); strings.Join(got, " ") != "1 2 3" {
		t.Errorf("at the trim horizon there are shards %q", got)
	}
}

func TestTheNextTokenKeepsTheFilter(t *testing.T) {
	_, s := with(t, 4, Options{})
	s.split(t, s.shards(t, nil)[0])
	in := &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(2), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}}
	var got []string
	for in != nil {
		out := must(s.ListShards(s.ctx, in))(t)
		got = append(got, ids(out.Shards)...)
		in = nil
		if out.NextToken != nil {
			in = &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(2)}
		}
	}
	if strings.Join(got, " ") != "1 2 3 4 5" {
		t.Errorf("got %q", got)
	}
}

func TestAPageHasAtMostAThousandShards(t *testing.T) {
	_, s := with(t, 2500, Options{})
	out := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(10000)}))(t)
	if len(out.Shards) != 1000 || out.NextToken == nil {
		t.Errorf("%d shards, token %v", len(out.Shards), out.NextToken != nil)
	}
}

func TestALongerRetentionDoesNotRestoreRecords(t *testing.T) {
	r, s := with(t, 1, Options{})
	s.put(t, "old", "k")
	r.Advance(day + time.Minute)
	s.put(t, "new", "k")
	if _, err := s.IncreaseStreamRetentionPeriod(s.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: aws.Int32(48)}); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.readShard(t, shard0); strings.Join(got, " ") != "new" {
		t.Errorf("got %q", got)
	}
	r.Advance(day)
	if got, _ := s.readShard(t, shard0); strings.Join(got, " ") != "new" {
		t.Errorf("a day later: got %q", got)
	}
	if _, err := s.DecreaseStreamRetentionPeriod(s.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: aws.Int32(24)}); err != nil {
		t.Fatal(err)
	}
	r.Advance(time.Minute)
	if got, _ := s.readShard(t, shard0); len(got) != 0 {
		t.Errorf("after a shorter retention: got %q", got)
	}
}

func TestTrimmedSequenceNumbers(t *testing.T) {
	for _, kind := range []Trimmed{TrimmedOldest, TrimmedError, TrimmedEmpty} {
		t.Run(string(kind), func(t *testing.T) {
			r, s := with(t, 1, Options{Trimmed: kind})
			old := s.put(t, "old", "k")
			r.Advance(day + time.Minute)
			fresh := s.put(t, "new", "k")
			for _, it := range []types.ShardIteratorType{types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeAfterSequenceNumber} {
				in := kinesis.GetShardIteratorInput{ShardIteratorType: it, StartingSequenceNumber: old.SequenceNumber, StreamName: &s.name, ShardId: aws.String(shard0)}
				out, err := s.GetShardIterator(s.ctx, &in)
				switch kind {
				case TrimmedError:
					wantCode(t, err, "InvalidArgumentException")
					if !strings.Contains(messageOf(err), "StartingSequenceNumber "+*old.SequenceNumber) {
						t.Errorf("got %q", messageOf(err))
					}
				case TrimmedOldest:
					if got, _ := s.read(t, *out.ShardIterator); strings.Join(got, " ") != "new" {
						t.Errorf("%s: got %q", it, got)
					}
				case TrimmedEmpty:
					page := s.get(t, *out.ShardIterator)
					page = s.get(t, *page.NextShardIterator)
					if len(page.Records) != 0 || *page.MillisBehindLatest != day.Milliseconds() {
						t.Errorf("%s: %d records, %d ms behind", it, len(page.Records), *page.MillisBehindLatest)
					}
				}
			}
			in := kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: fresh.SequenceNumber}
			if got, _ := s.read(t, s.iterator(t, in)); strings.Join(got, " ") != "new" {
				t.Errorf("a sequence number within retention: got %q", got)
			}
		})
	}
}

func TestEndAloneSendsTheEndInASeparateResponse(t *testing.T) {
	for _, alone := range []bool{false, true} {
		_, s := with(t, 1, Options{EndAlone: alone})
		s.put(t, "x", "k")
		s.split(t, s.shards(t, nil)[0])
		out := s.get(t, s.iterator(t, trimHorizon()))
		if len(out.Records) != 1 || (out.NextShardIterator == nil) == alone || (len(out.ChildShards) == 2) == alone {
			t.Errorf("EndAlone %v: %d records, next %v, %d children", alone, len(out.Records), out.NextShardIterator != nil, len(out.ChildShards))
		}
		if alone {
			if out = s.get(t, *out.NextShardIterator); out.NextShardIterator != nil || len(out.ChildShards) != 2 {
				t.Errorf("the end has %d children", len(out.ChildShards))
			}
		}
	}
}

func TestMembersCanBeOmitted(t *testing.T) {
	_, s := with(t, 1, Options{OmitChildShards: true, OmitMillisBehindLatest: true})
	s.put(t, "x", "k")
	s.split(t, s.shards(t, nil)[0])
	out := s.get(t, s.iterator(t, trimHorizon()))
	if out.NextShardIterator != nil || out.ChildShards != nil || out.MillisBehindLatest != nil || len(out.Records) != 1 {
		t.Errorf("got %+v", out)
	}
}

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

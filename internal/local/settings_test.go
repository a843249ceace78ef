package local

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const ordersARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"

func TestResourcesHaveTags(t *testing.T) {
	_, s := with(t, 1, Options{})
	consumer := must(s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String(ordersARN), ConsumerName: aws.String("c"), Tags: map[string]string{"first": "1"},
	}))(t).Consumer.ConsumerARN
	for _, arn := range []string{ordersARN, *consumer} {
		if _, err := s.TagResource(s.ctx, &kinesis.TagResourceInput{ResourceARN: &arn, Tags: map[string]string{"a": arn, "b": "2"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UntagResource(s.ctx, &kinesis.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"b", "first"}}); err != nil {
			t.Fatal(err)
		}
		out := must(s.ListTagsForResource(s.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: &arn}))(t)
		if len(out.Tags) != 1 || *out.Tags[0].Key != "a" || *out.Tags[0].Value != arn {
			t.Errorf("%s has %d tags", arn, len(out.Tags))
		}
	}
	for arn, want := range map[string]string{
		"orders":        "ValidationException",
		ordersARN + "x": "ResourceNotFoundException",
		*consumer + "0": "ResourceNotFoundException",
		strings.Replace(ordersARN, "000000000000", "123456789012", 1): "ResourceNotFoundException",
	} {
		_, err := s.ListTagsForResource(s.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: &arn})
		wantCode(t, err, want)
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	_, err := s.TagResource(s.ctx, &kinesis.TagResourceInput{ResourceARN: aws.String(ordersARN), Tags: many})
	wantCode(t, err, "InvalidArgumentException") // 51 with the existing tag
	_, err = s.TagResource(s.ctx, &kinesis.TagResourceInput{ResourceARN: aws.String(ordersARN), Tags: map[string]string{strings.Repeat("k", 129): ""}})
	wantCode(t, err, "ValidationException")
	_, err = s.TagResource(s.ctx, &kinesis.TagResourceInput{ResourceARN: aws.String(ordersARN), Tags: map[string]string{"k": strings.Repeat("v", 257)}})
	wantCode(t, err, "ValidationException")
}

func TestEncryptionStops(t *testing.T) {
	_, s := with(t, 1, Options{})
	key := aws.String("alias/k")
	if _, err := s.StartStreamEncryption(s.ctx, &kinesis.StartStreamEncryptionInput{StreamName: &s.name, EncryptionType: types.EncryptionTypeKms, KeyId: key}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.StopStreamEncryption(s.ctx, &kinesis.StopStreamEncryptionInput{StreamName: &s.name, EncryptionType: types.EncryptionTypeKms, KeyId: key}); err != nil {
		t.Fatal(err)
	}
	d := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary
	if d.EncryptionType != types.EncryptionTypeNone || d.KeyId != nil {
		t.Errorf("encryption %s with key %s", d.EncryptionType, aws.ToString(d.KeyId))
	}
	_, err := s.StartStreamEncryption(s.ctx, &kinesis.StartStreamEncryptionInput{StreamName: &s.name, EncryptionType: types.EncryptionTypeNone, KeyId: key})
	wantCode(t, err, "InvalidArgumentException")
}

func TestAtMostFiveStreamsAreCreating(t *testing.T) {
	r := start(t, Options{CreatingDelay: 1e9})
	create := func(i int) error {
		_, err := r.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String(fmt.Sprint(i)), ShardCount: aws.Int32(1)})
		return err
	}
	for i := range 5 {
		if err := create(i); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, create(5), "LimitExceededException")
	r.Advance(1e9)
	if err := create(5); err != nil {
		t.Error(err)
	}
}

func TestListStreamsContinuesWithNextToken(t *testing.T) {
	var o Options
	for i := range 5 {
		o.Streams = append(o.Streams, StreamSpec{fmt.Sprintf("s%d", i), 1})
	}
	r := start(t, o)
	var got []string
	pages := kinesis.NewListStreamsPaginator(r.Client, &kinesis.ListStreamsInput{Limit: aws.Int32(2)})
	for pages.HasMorePages() {
		page := must(pages.NextPage(t.Context()))(t)
		for i, s := range page.StreamSummaries {
			if *s.StreamName != page.StreamNames[i] || s.StreamStatus != types.StreamStatusActive {
				t.Errorf("summary %s of %s", *s.StreamName, page.StreamNames[i])
			}
		}
		got = append(got, page.StreamNames...)
	}
	if strings.Join(got, " ") != "s0 s1 s2 s3 s4" {
		t.Errorf("got %q", got)
	}
	_, err := r.ListStreams(t.Context(), &kinesis.ListStreamsInput{NextToken: aws.String("x")})
	wantCode(t, err, "InvalidArgumentException")
}

func TestRecordsLargerThanTenMebibytesAreRefused(t *testing.T) {
	_, s := with(t, 1, Options{})
	_, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: make([]byte, 10<<20+1), PartitionKey: aws.String("k")})
	wantCode(t, err, "ValidationException")
	const want = "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=10485761 cap=10485761]' at 'data' " +
		"failed to satisfy constraint: Member must have length less than or equal to 10485760"
	if messageOf(err) != want {
		t.Errorf("got %q", messageOf(err))
	}
	_, err = s.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: entries(1, 10<<20+1)})
	wantCode(t, err, "ValidationException")
}

// zeros is a request body without a known length.
type zeros struct{ left int }

func (z *zeros) Read(b []byte) (int, error) {
	n := min(len(b), z.left)
	if z.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestLargeRequestBodiesAreRefused(t *testing.T) {
	r := start(t, Options{})
	for _, known := range []bool{true, false} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, &zeros{maxBody + 1})
		if err != nil {
			t.Fatal(err)
		}
		if known {
			req.ContentLength = maxBody + 1
		}
		req.Header = http.Header{"X-Amz-Target": {target + "PutRecords"}, "Content-Type": {jsonType}, "Authorization": {signed}}
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			continue // the server answered and closed before it received the whole body
		}
		if status, got := answer(t, res); status != 400 || !strings.HasPrefix(got, "SerializationException") {
			t.Errorf("known length %v: got %d %s", known, status, got)
		}
	}
}

func TestASplitMovesOnlyItsOwnRange(t *testing.T) {
	_, s := with(t, 2, Options{})
	for _, hash := range []string{"0", "1", "170141183460469231731687303715884105727", "170141183460469231731687303715884105728"} {
		_, err := s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: aws.String(shard0), NewStartingHashKey: &hash})
		wantCode(t, err, "InvalidArgumentException")
	}
	_, err := s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: aws.String(shard0), NewStartingHashKey: aws.String("2")})
	if err != nil {
		t.Fatal(err)
	}
	for hash, want := range map[string]string{"1": "shardId-000000000002", "2": "shardId-000000000003", "170141183460469231731687303715884105728": "shardId-000000000001"} {
		out := must(s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String("k"), ExplicitHashKey: &hash}))(t)
		if *out.ShardId != want {
			t.Errorf("hash key %s went to %s, want %s", hash, *out.ShardId, want)
		}
	}
	_, err = s.MergeShards(s.ctx, &kinesis.MergeShardsInput{StreamName: &s.name, ShardToMerge: aws.String("shardId-000000000001"),
		AdjacentShardToMerge: aws.String("shardId-000000000003")})
	wantCode(t, err, "InvalidArgumentException") // adjacent, but in the reverse order
}

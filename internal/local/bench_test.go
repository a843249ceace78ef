package local

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// discard is a response writer that records only the size and the status.
type discard struct {
	header http.Header
	status int
	size   int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(s int)           { d.status = s }
func (d *discard) Write(b []byte) (int, error) { d.size += len(b); return len(b), nil }
func (d *discard) Flush()                      {}

// post passes a request directly to the handler.
func post(b *testing.B, e *Endpoint, op string, body []byte) *discard {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("X-Amz-Target", target+op)
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=kin/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
	w := &discard{header: http.Header{}}
	e.ServeHTTP(w, r)
	if w.status != http.StatusOK {
		b.Fatalf("%s answered %d", op, w.status)
	}
	return w
}

func putRecordsBody(n, size int) []byte {
	data := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{'x'}, size))
	var b bytes.Buffer
	b.WriteString(`{"StreamName":"orders","Records":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"Data":%q,"PartitionKey":"customer-%d"}`, data, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

var benchSizes = []struct{ records, size int }{{10000, 100}, {10000, 1000}, {1000, 10000}}

func BenchmarkGetRecords(b *testing.B) {
	for _, s := range benchSizes {
		b.Run(fmt.Sprintf("%dx%dB", s.records, s.size), func(b *testing.B) {
			e, err := New(Options{Limits: LimitsOff, Streams: []StreamSpec{{"orders", 1}}})
			if err != nil {
				b.Fatal(err)
			}
			for range s.records / 500 {
				post(b, e, "PutRecords", putRecordsBody(500, s.size))
			}
			it := token{kind: kindIterator, made: e.millis(), stream: e.streams["orders"].id, name: "orders"}.sealed(e.key)
			body, err := json.Marshal(map[string]string{"ShardIterator": it})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(s.records * s.size))
			b.ReportAllocs()
			for b.Loop() {
				post(b, e, "GetRecords", body)
			}
		})
	}
}

func BenchmarkPutRecords(b *testing.B) {
	for _, size := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprintf("500x%dB", size), func(b *testing.B) {
			e, err := New(Options{Limits: LimitsOff, Streams: []StreamSpec{{"orders", 8}}})
			if err != nil {
				b.Fatal(err)
			}
			body := putRecordsBody(500, size)
			b.SetBytes(int64(500 * size))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				post(b, e, "PutRecords", body)
				if n++; n%50 == 0 { // limits the memory that the benchmark uses
					for _, sh := range e.streams["orders"].shards {
						sh.trim(e.millis() + 1)
					}
				}
			}
		})
	}
}

func BenchmarkSequenceNumber(b *testing.B) {
	q := sequence{epoch: 1_800_000_000, index: 123_456_789, second: 1_800_000_100, shard: 17}
	dst := make([]byte, 0, sequenceDigits)
	for b.Loop() {
		dst = q.append(dst[:0])
	}
}

// BenchmarkPutToFrame measures the time from a PutRecord call to the record's event at a
// subscriber. Both use the SDK over HTTP/1.1 on loopback.
func BenchmarkPutToFrame(b *testing.B) {
	r := start(b, Options{Limits: LimitsOff, Streams: []StreamSpec{{"orders", 1}}})
	registered, err := r.RegisterStreamConsumer(b.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: aws.String(ordersARN), ConsumerName: aws.String("c")})
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	subscriber := kinesis.New(r.Client.Options(), func(o *kinesis.Options) { o.HTTPClient = &http.Client{Transport: transport} })
	out, err := subscriber.SubscribeToShard(b.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: registered.Consumer.ConsumerARN, ShardId: aws.String(shard0), StartingPosition: fromLatest,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer out.GetStream().Close()
	var waits []time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := r.PutRecord(b.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), Data: []byte("x"), PartitionKey: aws.String("k")}); err != nil {
			b.Fatal(err)
		}
		for received := false; !received; {
			e, ok := <-out.GetStream().Events()
			if !ok {
				b.Fatalf("the stream ended with %v", out.GetStream().Err())
			}
			received = len(e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value.Records) > 0
		}
		waits = append(waits, time.Since(began))
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-µs")
}

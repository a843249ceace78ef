package cmd

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kin/cmd/internal/console"
)

// cyclicEndpoint serves a stream whose two shards are each other's parents.
func cyclicEndpoint(t *testing.T) string {
	t.Helper()
	const shards = `{"Shards":[
		{"ShardId":"shardId-000000000000","ParentShardId":"shardId-000000000001","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"},"SequenceNumberRange":{"StartingSequenceNumber":"1"}},
		{"ShardId":"shardId-000000000001","ParentShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"2","EndingHashKey":"340282366920938463463374607431768211455"},"SequenceNumberRange":{"StartingSequenceNumber":"1"}}]}`
	const summary = `{"StreamDescriptionSummary":{"StreamName":"orders","StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/orders","StreamStatus":"ACTIVE","RetentionPeriodHours":24,"StreamCreationTimestamp":1.7e9,"OpenShardCount":2,"EnhancedMonitoring":[]}}`
	const consumer = `{"ConsumerName":"reader","ConsumerARN":"arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/reader:1","ConsumerStatus":"ACTIVE","ConsumerCreationTimestamp":1.7e9}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "ListShards":
			_, _ = io.WriteString(w, shards)
		case "DescribeStreamSummary":
			_, _ = io.WriteString(w, summary)
		case "RegisterStreamConsumer":
			_, _ = io.WriteString(w, `{"Consumer":`+consumer+`}`)
		case "DescribeStreamConsumer":
			_, _ = io.WriteString(w, `{"ConsumerDescription":`+consumer+`}`)
		default:
			_, _ = io.WriteString(w, `{}`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFault01EveryCommandNamesAShardThatIsItsOwnAncestor(t *testing.T) {
	url := cyclicEndpoint(t)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_KINESIS": url, "AWS_ENDPOINT_URL_STS": url, "AWS_ENDPOINT_URL_DYNAMODB": url, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "kin", "AWS_SECRET_ACCESS_KEY": "kin", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	file := filepath.Join(t.TempDir(), "new.ckpt")
	for name, args := range map[string][]string{
		"read":                    {"read", "orders", "--from", "trim_horizon"},
		"read, with a checkpoint": {"read", "orders", "--from", "trim_horizon", "--checkpoint", file},
		"read, EFO":               {"read", "orders", "--from", "trim_horizon", "--efo"},
		"tail":                    {"tail", "orders"},
		"copy":                    {"copy", "orders", "copies", "--from", "trim_horizon"},
		"lag":                     {"lag", "orders", "--from", "trim_horizon"},
		"shards":                  {"shards", "orders"},
		"doctor":                  {"doctor", "orders"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out, messages bytes.Buffer
			code := Main(ctx, args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &messages})
			if ctx.Err() != nil {
				t.Fatal("the command does not end")
			}
			if code != console.ExitFailed || !strings.Contains(messages.String()+out.String(), "shard shardId-000000000000 is its own ancestor") {
				t.Errorf("exit code %d, %s%s, want 1 and the shard", code, messages.String(), out.String())
			}
		})
	}
}

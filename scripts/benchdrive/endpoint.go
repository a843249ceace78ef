package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// endpoint is the URL of kin local, called by plain HTTP.
type endpoint string

func (e endpoint) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := e.send(ctx, http.MethodPost, "/", body, "Kinesis_20131202."+operation)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

func (e endpoint) send(ctx context.Context, method, path string, body []byte, target string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, string(e)+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if target != "" {
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", target)
		request.Header.Set("X-Amz-Date", "20260101T000000Z")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = errors.New(strings.TrimSpace(string(answer)))
	}
	return answer, err
}

// counted is what a counter begins with: more calls than a measurement makes.
const counted = 1_000_000_000

// count begins to count the calls of GetRecords at the endpoint: a fault that
// delays the next calls by nothing is used up by one with each.
func (e endpoint) count(ctx context.Context) error {
	if _, err := e.send(ctx, http.MethodDelete, "/_kin/fault", nil, ""); err != nil {
		return err
	}
	_, err := e.send(ctx, http.MethodPost, "/_kin/fault", fmt.Appendf(nil, "GetRecords=latency:1ns*%d", counted), "")
	return err
}

// calls returns how many calls were counted, and ends the counting.
func (e endpoint) calls(ctx context.Context) (int, error) {
	left, err := e.send(ctx, http.MethodGet, "/_kin/fault", nil, "")
	if err != nil {
		return 0, err
	}
	_, digits, _ := strings.Cut(strings.TrimSpace(string(left)), "*")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0, err
	}
	_, err = e.send(ctx, http.MethodDelete, "/_kin/fault", nil, "")
	return counted - n, err
}

type entry struct {
	Data         []byte
	PartitionKey string
}

// payload is 1,000 bytes of JSON.
func payload(n int) []byte {
	b := fmt.Appendf(nil, "{\"n\":%d,\"user\":{\"id\":\"u-%05d\",\"name\":\"Zoë Example\"},\"amount\":%d.25,\"tags\":[\"a\",\"b\"],\"text\":\"", n, n%99991, n%1000)
	for len(b) < 998 {
		b = append(b, 'a'+byte((n+len(b)*7)%26))
	}
	return append(b, '"', '}')
}

// fill creates a stream and puts records into it, on an endpoint without
// limits.
func (b bench) fill(ctx context.Context, stream string, shards, records int) error {
	if err := b.endpoint.call(ctx, "CreateStream", map[string]any{"StreamName": stream, "ShardCount": shards}, nil); err != nil {
		return err
	}
	for n := 0; n < records; {
		var entries []entry
		for ; len(entries) < 500 && n < records; n++ {
			entries = append(entries, entry{payload(n), strconv.FormatUint(rand.Uint64(), 36)})
		}
		if err := b.endpoint.call(ctx, "PutRecords", map[string]any{"StreamName": stream, "Records": entries}, nil); err != nil {
			return err
		}
	}
	return nil
}

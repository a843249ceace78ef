package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kin/scripts/plainhttp"
)

// endpoint calls kin local with plain HTTP.
type endpoint struct{ plainhttp.Endpoint }

// maxCalls is the start of the counter: more calls than a measurement makes.
const maxCalls = 1_000_000_000

// count starts to count the calls of an operation at the endpoint. It adds a fault that delays the
// next maxCalls calls by 1 ns. Each call reduces the number of calls left by one.
func (e endpoint) count(ctx context.Context, operation string) error {
	if _, err := e.Send(ctx, http.MethodDelete, "/_kin/fault", nil); err != nil {
		return err
	}
	_, err := e.Send(ctx, http.MethodPost, "/_kin/fault", fmt.Appendf(nil, "%s=latency:1ns*%d", operation, maxCalls))
	return err
}

// callsSoFar returns the number of calls since count.
func (e endpoint) callsSoFar(ctx context.Context) (int, error) {
	list, err := e.Send(ctx, http.MethodGet, "/_kin/fault", nil)
	if err != nil {
		return 0, err
	}
	_, digits, _ := strings.Cut(strings.TrimSpace(string(list)), "*")
	n, err := strconv.Atoi(digits)
	return maxCalls - n, err
}

// calls returns the number of calls since count, and stops the counter.
func (e endpoint) calls(ctx context.Context) (int, error) {
	n, err := e.callsSoFar(ctx)
	if err != nil {
		return 0, err
	}
	_, err = e.Send(ctx, http.MethodDelete, "/_kin/fault", nil)
	return n, err
}

type entry struct {
	Data         []byte
	PartitionKey string
}

// payload returns 1,000 bytes of JSON.
func payload(n int) []byte {
	b := fmt.Appendf(nil, "{\"n\":%d,\"user\":{\"id\":\"u-%05d\",\"name\":\"Zoë Example\"},\"amount\":%d.25,\"tags\":[\"a\",\"b\"],\"text\":\"", n, n%99991, n%1000)
	for len(b) < 998 {
		b = append(b, 'a'+byte((n+len(b)*7)%26))
	}
	return append(b, '"', '}')
}

// fill creates a stream and puts records into it. The endpoint must have no limits.
func (b bench) fill(ctx context.Context, stream string, shards, records int) error {
	if err := b.endpoint.Call(ctx, "CreateStream", map[string]any{"StreamName": stream, "ShardCount": shards}, nil); err != nil {
		return err
	}
	for n := 0; n < records; {
		var entries []entry
		for ; len(entries) < 500 && n < records; n++ {
			entries = append(entries, entry{payload(n), strconv.FormatUint(rand.Uint64(), 36)})
		}
		if err := b.endpoint.Call(ctx, "PutRecords", map[string]any{"StreamName": stream, "Records": entries}, nil); err != nil {
			return err
		}
	}
	return nil
}

// renew deletes a stream and creates it again with the same number of shards.
func (e endpoint) renew(ctx context.Context, stream string) error {
	var described struct {
		StreamDescriptionSummary struct{ OpenShardCount int }
	}
	in := map[string]any{"StreamName": stream}
	if err := e.Call(ctx, "DescribeStreamSummary", in, &described); err != nil {
		return err
	}
	if err := e.Call(ctx, "DeleteStream", in, nil); err != nil {
		return err
	}
	create := map[string]any{"StreamName": stream, "ShardCount": described.StreamDescriptionSummary.OpenShardCount}
	for ctx.Err() == nil {
		if err := e.Call(ctx, "CreateStream", create, nil); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond) // it is still being deleted
	}
	var now struct {
		StreamDescriptionSummary struct{ StreamStatus string }
	}
	for ctx.Err() == nil && now.StreamDescriptionSummary.StreamStatus != "ACTIVE" {
		if err := e.Call(ctx, "DescribeStreamSummary", in, &now); err != nil {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

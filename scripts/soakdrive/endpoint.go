package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// endpoint is the URL of kin local. Its calls are plain HTTP: neither kin nor
// an SDK takes part.
type endpoint string

// call makes one API call. Nobody checks the signature.
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
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, string(e)+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if target != "" {
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", target)
		request.Header.Set("X-Amz-Date", "20260101T000000Z")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=soak/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
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

// shard is a shard as the API has it.
type shard struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId,omitempty"`
	AdjacentParentShardID string `json:"AdjacentParentShardId,omitempty"`
	HashKeyRange          struct{ StartingHashKey, EndingHashKey string }
	SequenceNumberRange   struct {
		StartingSequenceNumber string
		EndingSequenceNumber   string `json:",omitempty"`
	}
}

func (s shard) open() bool { return s.SequenceNumberRange.EndingSequenceNumber == "" }

// shards lists all shards of the stream, with DescribeStream, which no fault
// is scripted for.
func (e endpoint) shards(ctx context.Context, stream string) ([]shard, error) {
	var all []shard
	for {
		in := map[string]any{"StreamName": stream}
		if len(all) > 0 {
			in["ExclusiveStartShardId"] = all[len(all)-1].ShardID
		}
		var out struct {
			StreamDescription struct {
				Shards        []shard
				HasMoreShards bool
			}
		}
		if err := e.call(ctx, "DescribeStream", in, &out); err != nil {
			return nil, err
		}
		all = append(all, out.StreamDescription.Shards...)
		if !out.StreamDescription.HasMoreShards {
			return all, nil
		}
	}
}

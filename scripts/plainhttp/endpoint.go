// Package plainhttp calls kin local with plain HTTP. It is for the programs that measure kin, and
// uses neither kin nor an SDK.
package plainhttp

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

// Endpoint is the URL of kin local.
type Endpoint string

// callTimeout limits one call, because a fault may stall the endpoint.
const callTimeout = 30 * time.Second

// Call makes one API call and decodes its answer into out, unless out is nil. The signature is a
// dummy: the endpoint does not check it.
func (e Endpoint) Call(ctx context.Context, operation string, in, out any) error {
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

// Send sends a request that is not an API call, such as one to /_kin/fault, and returns the body
// of the answer.
func (e Endpoint) Send(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	return e.send(ctx, method, path, body, "")
}

func (e Endpoint) send(ctx context.Context, method, path string, body []byte, target string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, string(e)+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if target != "" {
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", target)
		request.Header.Set("X-Amz-Date", "20260101T000000Z")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=measure/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
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

package awsclient

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
)

type middlewareStack = middleware.Stack

// maxIdleConnections allows one idle connection for each shard that is read in parallel. With
// the SDK's limit of 10, a large stream needs a new connection for almost every call.
const maxIdleConnections = 1024

// wholeBody is an HTTP client that receives each response completely before it returns it.
// It sends requests from memory.
//
// Both have the same reason. The transport closes the SDK's request body while the response
// is still arriving. About one call in ten then fails with "use of closed network
// connection" in the middle of a body. The SDK's retries hide this, but here they are off.
// A response that breaks off is an error of Do, and the caller's loop decides.
//
// The body of SubscribeToShard is a stream, so subscribe uses the client streams instead.
type wholeBody struct{ next, streams httpClient }

type httpClient = aws.HTTPClient

// newTransport returns an HTTP client of the SDK's own type. The SDK applies AWS_CA_BUNDLE
// and similar settings to no other type.
func newTransport() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = environmentProxy
		t.OnProxyConnectResponse = refusedConnect
		t.MaxIdleConns = maxIdleConnections
		t.MaxIdleConnsPerHost = maxIdleConnections
	})
}

// streaming returns a copy of base for event streams. It changes two settings:
//
//   - A receive window of 512 KiB a stream, as in AWS's client library. With Go's default the
//     service could send 4 MiB for each shard before kin reads it.
//   - A ping after a minute without data, which detects a dead connection.
func streaming(base httpClient) httpClient {
	client, ok := base.(*awshttp.BuildableClient)
	if !ok {
		return base
	}
	return client.WithTransportOptions(func(t *http.Transport) {
		t.HTTP2 = &http.HTTP2Config{
			MaxReceiveBufferPerStream: 512 << 10,
			SendPingTimeout:           time.Minute,
		}
	})
}

// wholeBodies returns a wholeBody that uses the transport of a configuration.
func wholeBodies(transport httpClient) wholeBody {
	return wholeBody{withProxyErrors(transport), withProxyErrors(streaming(transport))}
}

// withProxyErrors returns a client whose errors name the proxy that caused them.
func withProxyErrors(next httpClient) httpClient {
	client, ok := next.(*awshttp.BuildableClient)
	if !ok {
		return next
	}
	proxy := client.GetTransport().Proxy
	if proxy == nil {
		return next
	}
	return throughProxy{next, proxy}
}

// Do sends the request and reads the whole answer. An error begins with "read response" if
// reading failed.
func (w wholeBody) Do(req *http.Request) (*http.Response, error) {
	if err := fromMemory(req); err != nil {
		return nil, err
	}
	resp, err := w.next.Do(req)
	if err != nil {
		return nil, err
	}
	return received(req.Context(), resp)
}

// fromMemory replaces the body of a request with a copy in memory, which Close does not
// affect.
func fromMemory(req *http.Request) error {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	if err := req.Body.Close(); err != nil {
		return fmt.Errorf("close request: %w", err)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.ContentLength = int64(len(body))
	return nil
}

// received reads and closes the body of a response and returns the response with a body in
// memory. It fails if the body is larger than ctx allows.
func received(ctx context.Context, resp *http.Response) (*http.Response, error) {
	body, err := readBody(ctx, resp)
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	resp.Body = body
	return resp, nil
}

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

// maxIdleConnections keeps one connection for each shard that is read in
// parallel; with the SDK's 10 a large stream would dial for almost every call.
const maxIdleConnections = 1024

// wholeBody is an HTTP client that has received a response completely before
// it returns it, and that sends requests from memory.
//
// Both are needed for the same reason: the SDK's request body is closed by the
// transport while the response is still arriving, which ends about one call
// in ten with "use of closed network connection" in the middle of a body; with
// the SDK's retries on nobody sees it. A response that breaks off is an error
// of Do here, and the caller's loop decides.
//
// SubscribeToShard's body is a stream: Subscribe uses streams in its place.
type wholeBody struct{ next, streams httpClient }

type httpClient = aws.HTTPClient

// newTransport is the SDK's own client: what AWS_CA_BUNDLE and the like say is
// built into no other.
func newTransport() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = environmentProxy
		t.OnProxyConnectResponse = refusedConnect
		t.MaxIdleConns = maxIdleConnections
		t.MaxIdleConnsPerHost = maxIdleConnections
	})
}

// streaming is a client for event streams that is like another: a window of
// 512 KiB a stream, as AWS's client library has it, where Go's would let the
// service run 4 MiB ahead of each shard; and a ping where nothing comes for a
// minute, since a connection that died says nothing.
func streaming(like httpClient) httpClient {
	client, ok := like.(*awshttp.BuildableClient)
	if !ok {
		return like
	}
	return client.WithTransportOptions(func(t *http.Transport) {
		t.HTTP2 = &http.HTTP2Config{
			MaxReceiveBufferPerStream: 512 << 10,
			SendPingTimeout:           time.Minute,
		}
	})
}

// wholeBodies is a wholeBody over the transport of a configuration.
func wholeBodies(transport httpClient) wholeBody {
	return wholeBody{named(transport), named(streaming(transport))}
}

// named is a client that names the proxy in what goes wrong there.
func named(next httpClient) httpClient {
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

// Do sends the request and reads the whole answer. Its error says which of the
// two failed.
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

// fromMemory makes a request's body one that closing does not take away.
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

// received is a response whose body has been read and closed, unless the caller of ctx
// refuses its size.
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

package awsclient

import (
	"context"
	"net/http"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// nameProxyAnswers makes a *ProxyError of an answer that a proxy gave in the place of a
// service. It is for all clients that the SDK builds itself, for the roles of profiles and
// for single sign-on: throughProxy is not around those.
func nameProxyAnswers(stack *middlewareStack) error {
	return stack.Deserialize.Add(proxyAnswers{}, middleware.After) // the first to see an answer
}

type proxyAnswers struct{}

func (proxyAnswers) ID() string { return "KinProxyAnswers" }

func (proxyAnswers) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	req, isRequest := in.Request.(*smithyhttp.Request)
	resp, isResponse := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !isRequest || !isResponse || resp == nil || !isProxyAnswer(resp.Response) {
		return out, metadata, err
	}
	proxy, proxyErr := environmentProxy(&http.Request{URL: req.URL})
	if proxyErr != nil || proxy == nil {
		return out, metadata, err
	}
	_ = resp.Body.Close() // a page for people
	return out, metadata, proxyAnswer(proxy, req.URL.Scheme, req.URL.Host, resp.Response)
}

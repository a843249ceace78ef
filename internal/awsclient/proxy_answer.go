package awsclient

import (
	"context"
	"net/http"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// nameProxyAnswers turns an answer of a proxy, instead of a service, into a *ProxyError. It
// is for the clients that the SDK builds itself, which do not use throughProxy. They are for
// single sign-on and the roles of profiles.
func nameProxyAnswers(stack *middlewareStack) error {
	return stack.Deserialize.Add(proxyAnswers{}, middleware.After) // sees the answer first
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
	_ = resp.Body.Close() // an HTML page
	return out, metadata, proxyAnswer(proxy, req.URL.Scheme, req.URL.Host, resp.Response)
}

package awsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// ProxyError means that a call failed at the proxy of HTTPS_PROXY or HTTP_PROXY, or on the
// connection through it, and not at the service.
type ProxyError struct {
	Proxy    string // host and port; never user or password
	Variable string // the environment variable that names the proxy
	Status   int    // HTTP status of the proxy's answer; 0 without an answer
	Err      error  // nil when the proxy answered

	text   string
	unsent bool
}

func (e *ProxyError) Error() string { return e.text }
func (e *ProxyError) Unwrap() error { return e.Err }

// Brief returns the error's text.
func (e *ProxyError) Brief() string { return e.text }

// Unsent reports whether the request certainly did not reach the service.
func (e *ProxyError) Unsent() bool { return e.unsent }

// Permanent reports whether a retry will fail too. That is so if the proxy requires a
// password, forbids the address or has an untrusted certificate. It is not so if the proxy is
// overloaded or cannot be reached.
func (e *ProxyError) Permanent() bool {
	switch {
	case e.Status == 0:
		return IsCertificateError(e.Err)
	case e.Status == http.StatusRequestTimeout, e.Status == http.StatusTooManyRequests:
		return false
	}
	return e.Status < http.StatusInternalServerError
}

// proxyVariables are the variables from which net/http takes a proxy, by the scheme of the
// endpoint. The first one that is set counts.
var proxyVariables = []struct {
	scheme string
	names  []string
}{
	{"https", []string{"HTTPS_PROXY", "https_proxy"}},
	{"http", []string{"HTTP_PROXY", "http_proxy"}},
}

// proxyVariable returns the variable that names the proxy for a scheme, or "" if none is set.
func proxyVariable(scheme string) string {
	for _, v := range proxyVariables {
		for _, name := range v.names {
			if v.scheme == scheme && os.Getenv(name) != "" {
				return name
			}
		}
	}
	return ""
}

// checkProxies rejects a proxy variable that is not the URL of a proxy. net/http would ignore
// it and call the endpoint without the proxy. The error does not contain the value, which may
// hold a password.
func checkProxies() error {
	for _, v := range proxyVariables {
		name := proxyVariable(v.scheme)
		if name != "" && !isProxyURL(os.Getenv(name)) {
			return fmt.Errorf("%s is not the URL of a proxy: want one such as http://proxy.example.com:3128", name)
		}
	}
	return nil
}

// isProxyURL reports whether s names the proxy that a user would expect. Without a scheme it
// is an http proxy. net/http turns a malformed URL, or one with another scheme, into a proxy
// on a host named "http" (golang.org/x/net/http/httpproxy, parseProxy).
func isProxyURL(s string) bool {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return false
	}
	return isAddress(u)
}

// proxyFunc chooses the proxy for a request.
type proxyFunc func(*http.Request) (*url.URL, error)

// environmentProxy returns the proxy of the environment for a request. For link-local
// addresses it returns nil: instance and container credentials are not behind a proxy.
func environmentProxy(req *http.Request) (*url.URL, error) {
	if ip := net.ParseIP(req.URL.Hostname()); ip != nil && (ip.IsLinkLocalUnicast() || strings.HasPrefix(ip.String(), "fd00:ec2:")) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(req)
}

// refusedConnect returns an error if a proxy refused CONNECT. net/http's own error contains
// only the text of the status.
func refusedConnect(_ context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	refused := proxyAnswer(proxy, "https", req.Host, resp)
	refused.unsent = true
	return refused
}

// proxyAnswer returns the error for an answer of the proxy itself.
func proxyAnswer(proxy *url.URL, scheme, host string, resp *http.Response) *ProxyError {
	status := printable(resp.Status)
	if len(status) > 100 {
		status = status[:100]
	}
	if status == "" {
		status = fmt.Sprint(resp.StatusCode)
	}
	return &ProxyError{
		Proxy: proxy.Host, Variable: proxyVariable(scheme), Status: resp.StatusCode,
		text: fmt.Sprintf("the proxy %s refused the connection to %s: %s", proxy.Host, host, status),
	}
}

// throughProxy is an HTTP client whose errors name the proxy that caused them.
type throughProxy struct {
	next  httpClient
	proxy proxyFunc
}

func (t throughProxy) Do(req *http.Request) (*http.Response, error) {
	resp, err := t.next.Do(req)
	proxy, proxyErr := t.proxy(req)
	if proxyErr != nil || proxy == nil {
		return resp, err
	}
	if err != nil {
		return resp, proxyFailure(proxy, req, err)
	}
	if !isProxyAnswer(resp) {
		return resp, nil
	}
	_ = resp.Body.Close() // an HTML page
	return nil, proxyAnswer(proxy, req.URL.Scheme, req.URL.Host, resp)
}

// isProxyAnswer reports whether a proxy answered and not the service. AWS's services put a
// request ID on every answer and use their own media types.
func isProxyAnswer(resp *http.Response) bool {
	if resp.StatusCode == http.StatusProxyAuthRequired {
		return true
	}
	for _, name := range []string{"X-Amzn-Requestid", "X-Amz-Request-Id", "X-Amz-Id-2", "X-Amzn-Errortype"} {
		if resp.Header.Get(name) != "" {
			return false
		}
	}
	media := resp.Header.Get("Content-Type")
	if strings.Contains(media, "amz-json") || strings.Contains(media, "amz-cbor") || strings.Contains(media, "xml") && !strings.Contains(media, "xhtml") {
		return false
	}
	switch resp.StatusCode {
	case http.StatusForbidden, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// proxyFailure returns the error for a call that got no answer through a proxy. If the
// connection failed later, kin does not know on which side of the proxy.
func proxyFailure(proxy *url.URL, req *http.Request, err error) error {
	var known *ProxyError
	if errors.As(err, &known) {
		return err
	}
	failure := &ProxyError{Proxy: proxy.Host, Variable: proxyVariable(req.URL.Scheme), Err: err, unsent: true}
	var op *net.OpError
	switch {
	case IsCertificateError(err):
		failure.text = fmt.Sprintf("the connection to %s through the proxy %s has a certificate that is not trusted: %s", req.URL.Host, proxy.Host, innermost(err))
	case errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		failure.text = fmt.Sprintf("the proxy %s cannot be reached: %s", proxy.Host, innermost(err))
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err // the caller ended the call; the connection did not fail
	default:
		failure.unsent = false // the connection may have failed after the request was sent
		failure.text = fmt.Sprintf("the connection to %s through the proxy %s failed: %s", req.URL.Host, proxy.Host, shortened(innermost(err)))
	}
	return failure
}

// shortened returns s as printable text of at most 200 bytes. A peer may send anything.
func shortened(s string) string {
	s = printable(s)
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}

// nameProxy adds the proxy to the error of a call by the SDK's own clients, which do not use
// throughProxy. They are for single sign-on and the roles of profiles.
func nameProxy(err error) error {
	var call *url.Error
	if !errors.As(err, &call) {
		return err
	}
	at, parseErr := url.Parse(call.URL)
	if parseErr != nil {
		return err
	}
	req := &http.Request{URL: at}
	proxy, proxyErr := environmentProxy(req)
	if proxyErr != nil || proxy == nil {
		return err
	}
	return proxyFailure(proxy, req, err)
}

// IsCertificateError reports whether a call failed because a certificate is not trusted.
func IsCertificateError(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &invalid) || errors.As(err, &host)
}

// innermost returns the text of the innermost wrapped error.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

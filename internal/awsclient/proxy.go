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

// ProxyError means that a call failed at the proxy that HTTPS_PROXY or HTTP_PROXY
// names, and not at the service.
type ProxyError struct {
	Proxy    string // host and port; never user or password
	Variable string // that names it
	Status   int    // of the proxy's answer; 0 without one
	Err      error  // nil when the proxy answered

	text   string
	unsent bool
}

func (e *ProxyError) Error() string { return e.text }
func (e *ProxyError) Unwrap() error { return e.Err }

// Brief is the error itself.
func (e *ProxyError) Brief() string { return e.text }

// Unsent reports whether the request certainly did not reach the service.
func (e *ProxyError) Unsent() bool { return e.unsent }

// Permanent reports whether the same call will fail again: the proxy wants a
// password, forbids the address, or shows a certificate that is not trusted. An
// overloaded proxy, and one that cannot be reached, may pass.
func (e *ProxyError) Permanent() bool {
	switch {
	case e.Status == 0:
		return IsCertificateError(e.Err)
	case e.Status == http.StatusRequestTimeout, e.Status == http.StatusTooManyRequests:
		return false
	}
	return e.Status < http.StatusInternalServerError
}

// proxyVariables are those that net/http takes a proxy from, by the scheme of the
// endpoint. The first that is set counts.
var proxyVariables = []struct {
	scheme string
	names  []string
}{
	{"https", []string{"HTTPS_PROXY", "https_proxy"}},
	{"http", []string{"HTTP_PROXY", "http_proxy"}},
}

// proxyVariable is the variable that names the proxy for a scheme; empty if none is
// set.
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

// checkProxies refuses a variable that names no proxy: net/http ignores one that it
// cannot parse, and the calls go elsewhere. The error never shows the value, which
// may hold a password.
func checkProxies() error {
	for _, v := range proxyVariables {
		name := proxyVariable(v.scheme)
		if name != "" && !isProxyURL(os.Getenv(name)) {
			return fmt.Errorf("%s is not the URL of a proxy: want one such as http://proxy.example.com:3128", name)
		}
	}
	return nil
}

// isProxyURL reports whether net/http makes a proxy of a text that a person would
// expect. Without a scheme it is http. A URL that cannot be parsed, or has another
// scheme, becomes the proxy of a host named http there (golang.org/x/net/http/httpproxy,
// parseProxy).
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

// environmentProxy is the proxy of the environment, but for addresses of this link:
// instance and container credentials are not behind a proxy.
func environmentProxy(req *http.Request) (*url.URL, error) {
	if ip := net.ParseIP(req.URL.Hostname()); ip != nil && (ip.IsLinkLocalUnicast() || strings.HasPrefix(ip.String(), "fd00:ec2:")) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(req)
}

// refusedConnect makes an error of a proxy's answer to CONNECT; net/http keeps the
// text of the status alone.
func refusedConnect(_ context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	refused := proxyAnswer(proxy, "https", req.Host, resp)
	refused.unsent = true
	return refused
}

// proxyAnswer is the error for an answer of the proxy itself.
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

// throughProxy is an HTTP client that names the proxy in what goes wrong there.
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
	_ = resp.Body.Close() // a page for people
	return nil, proxyAnswer(proxy, req.URL.Scheme, req.URL.Host, resp)
}

// isProxyAnswer reports whether a proxy, and not the service, has answered: all
// services of AWS put an ID on every answer, and name their media type.
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

// proxyFailure is the error of a call that got no answer through a proxy: whether the
// connection broke at the proxy or beyond it cannot be told.
func proxyFailure(proxy *url.URL, req *http.Request, err error) error {
	var known *ProxyError
	if errors.As(err, &known) {
		return err
	}
	failure := &ProxyError{Proxy: proxy.Host, Variable: proxyVariable(req.URL.Scheme), Err: err, unsent: true}
	var op *net.OpError
	switch {
	case IsCertificateError(err):
		failure.text = fmt.Sprintf("the connection to %s through the proxy %s shows a certificate that is not trusted: %s", req.URL.Host, proxy.Host, innermost(err))
	case errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		failure.text = fmt.Sprintf("the proxy %s cannot be reached: %s", proxy.Host, innermost(err))
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err // the caller's, and not the connection's
	default:
		failure.unsent = false // the connection may have broken behind the request
		failure.text = fmt.Sprintf("the connection to %s through the proxy %s failed: %s", req.URL.Host, proxy.Host, shortened(innermost(err)))
	}
	return failure
}

// shortened is a printable text of at most 200 bytes: a peer may send anything.
func shortened(s string) string {
	s = printable(s)
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}

// nameProxy names the proxy in the failure of a call that a client of the SDK's own
// made: those for single sign-on and the roles of profiles do not use throughProxy.
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

// IsCertificateError reports whether the certificate of the other side was not accepted.
func IsCertificateError(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &invalid) || errors.As(err, &host)
}

// innermost is what happened, without where.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

package awsclient

import (
	"net/http"
	"net/url"
	"testing"
)

func TestFault15ProxyURLs(t *testing.T) {
	for s, want := range map[string]bool{
		"http://proxy.corp:3128": true, "https://me:pass@proxy.corp": true, "socks5://127.0.0.1:1080": true, "socks5h://[::1]:1080": true,
		"proxy.corp:3128": true, "proxy.corp": true, "127.0.0.1:3128": true, "http://proxy.corp:3128/": true,
		"http://[::1": false, "foo bar": false, "ftp://proxy.corp": false, "http://": false, "://x": false, "http://proxy corp": false,
		"http://proxy.corp:port": false, "127.0.0.1:99999": false, "http://proxy.corp:0": false, "proxy.corp:65536": false, "socks5://proxy.corp:65535": true, ":3128": false, "http:///path": false, "\x01": false,
	} {
		if got := isProxyURL(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func TestFault15ProxyVariablesAreChecked(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		t.Run(name, func(t *testing.T) {
			for _, v := range proxyVariables {
				for _, other := range v.names {
					t.Setenv(other, "")
				}
			}
			t.Setenv(name, "http://me:s3cr3t@[::1")
			want := name + " is not the URL of a proxy: want one such as http://proxy.example.com:3128"
			if err := checkProxies(); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// Requests for credentials of an instance or a container do not use the proxy.
func TestFault15LinkLocalAddressesNeedNoProxy(t *testing.T) {
	for _, u := range []string{"http://169.254.169.254/latest", "http://169.254.170.2/v2", "http://[fd00:ec2::254]/latest"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
		if err != nil {
			t.Fatal(err)
		}
		if proxy, err := environmentProxy(req); proxy != nil || err != nil {
			t.Errorf("%s: %v, %v", u, proxy, err)
		}
	}
}

func TestFault15AnswersOfAProxyAreRecognized(t *testing.T) {
	for _, c := range []struct {
		status int
		header map[string]string
		want   bool
	}{
		{407, map[string]string{"X-Amzn-Requestid": "1"}, true},
		{403, map[string]string{"Content-Type": "text/html"}, true},
		{502, nil, true},
		{503, map[string]string{"Content-Type": "application/xhtml+xml"}, true},
		{403, map[string]string{"X-Amzn-Requestid": "1"}, false},
		{403, map[string]string{"Content-Type": "application/x-amz-json-1.1"}, false},
		{403, map[string]string{"Content-Type": "text/xml"}, false},
		{200, map[string]string{"Content-Type": "text/html"}, false},
		{400, map[string]string{"Content-Type": "text/html"}, false},
	} {
		resp := &http.Response{StatusCode: c.status, Header: http.Header{}}
		for name, value := range c.header {
			resp.Header.Set(name, value)
		}
		if got := isProxyAnswer(resp); got != c.want {
			t.Errorf("%d with %v: %v", c.status, c.header, got)
		}
	}
}

func TestFault15OnlyTransientProxyAnswersAreRetried(t *testing.T) {
	proxy := &url.URL{Scheme: "http", Host: "proxy.corp:3128", User: url.UserPassword("me", "s3cr3t")}
	for status, permanent := range map[int]bool{407: true, 403: true, 400: true, 404: true, 405: true, 302: true, 408: false, 429: false, 500: false, 502: false, 503: false, 504: false} {
		err := proxyAnswer(proxy, "https", "h:443", &http.Response{StatusCode: status, Status: http.StatusText(status)})
		if err.Permanent() != permanent || err.Proxy != "proxy.corp:3128" {
			t.Errorf("%d: %v, proxy %s", status, err.Permanent(), err.Proxy)
		}
	}
}

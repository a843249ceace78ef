package doctor

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/awsclient"
	"kin/internal/kinesistest"
	"kin/internal/local"
)

// htmlFor answers one call with a page and the status 200.
type htmlFor string

func (call htmlFor) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.Header.Get("X-Amz-Target"), "."+string(call)) {
		return http.DefaultTransport.RoundTrip(req)
	}
	const page = "<html><body>Please log in.</body></html>"
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader(page)), ContentLength: int64(len(page))}, nil
}

func TestFault11APageIsNoPermission(t *testing.T) {
	for _, call := range []string{"DeregisterStreamConsumer", "DescribeStreamConsumer", "GetShardIterator"} {
		report, _ := examine(t, local.Options{}, func(_ *kinesis.Client, s *simple, o *Options) {
			s.API = awsclient.OverSDK(kinesistest.SDK(o.Endpoint, &http.Client{Transport: htmlFor(call)}))
		})
		if c := report.check(t, call); c.Status != Fail || c.Message != "the answer is not one of Kinesis (HTTP status 200)" || c.Advice != wrongAdvice {
			t.Errorf("%+v", c)
		}
		if report.Findings() == 0 {
			t.Error("nothing is to be changed")
		}
	}
}

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

// answersFor answers one call with a text and the status 200.
type answersFor struct{ call, text string }

func (a answersFor) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.Header.Get("X-Amz-Target"), "."+a.call) {
		return http.DefaultTransport.RoundTrip(req)
	}
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: io.NopCloser(strings.NewReader(a.text)), ContentLength: int64(len(a.text))}, nil
}

// A description without what it is about is a failure, and not a stream that may not be
// described.
func TestFault08ADescriptionWithoutAStreamIsAFailure(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                 "the answer of DescribeStreamSummary has no summary",
		`{"StreamDescriptionSummary":{}}`:    "the answer of DescribeStreamSummary has no status of the stream",
		`{"StreamDescriptionSummary": null}`: "the answer of DescribeStreamSummary has no summary",
	} {
		report, _ := examine(t, local.Options{}, func(_ *kinesis.Client, s *simple, o *Options) {
			s.API = awsclient.OverSDK(kinesistest.SDK(o.Endpoint, &http.Client{Transport: answersFor{"DescribeStreamSummary", text}}))
			o.Needs = []Need{NeedWrite}
		})
		if c := report.check(t, "stream"); c.Status != Fail || c.Message != want || c.Advice != wrongAdvice || report.Findings() == 0 {
			t.Errorf("%s: %+v", text, c)
		}
	}
}

package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if err := os.Setenv("AWS_EC2_METADATA_DISABLED", "true"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// running is an endpoint on a free port, with a client that never retries.
type running struct {
	*Endpoint
	*kinesis.Client
	url string
}

func start(t testing.TB, o Options) *running {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- e.Serve(l) }()
	transport := &http.Transport{}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
	})
	url := "http://" + l.Addr().String()
	return &running{e, newClient(url, Region, transport), url}
}

func newClient(url, region string, transport http.RoundTripper) *kinesis.Client {
	return kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String(url),
		Region:       region,
		Credentials:  credentials.NewStaticCredentialsProvider("kin", "kin", ""),
		HTTPClient:   readWhole{&http.Client{Transport: transport}},
		Retryer:      aws.NopRetryer{},
	})
}

// readWhole reads each response completely inside Do. Otherwise some of the SDK's attempts fail
// while it reads a large body from loopback.
type readWhole struct{ client *http.Client }

func (w readWhole) Do(r *http.Request) (*http.Response, error) {
	res, err := w.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// codeOf returns the service's error code, or "" if there is none.
func codeOf(err error) string {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func messageOf(err error) string {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if codeOf(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestServedCountsAnswersOfEveryKind(t *testing.T) {
	r := start(t, Options{Streams: []StreamSpec{{"orders", 1}}, Faults: []string{"DescribeLimits=InternalFailure*1"}})
	ctx := t.Context()
	for range 2 {
		_, _ = r.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{})
	}
	if err := r.WaitServed(ctx, "DescribeLimits", 2); err != nil {
		t.Fatal(err)
	}
	if n := r.Served("DescribeLimits"); n != 2 {
		t.Errorf("served %d calls, want 2: one failed by script, one not", n)
	}
	if n := r.Served("ListStreams"); n != 0 {
		t.Errorf("served %d ListStreams, want none", n)
	}
}

func TestWaitServedEndsWithItsContextAndWithTheEndpoint(t *testing.T) {
	r := start(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := r.WaitServed(ctx, "ListStreams", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
	ended := make(chan error)
	go func() { ended <- r.WaitServed(t.Context(), "ListStreams", 1) }()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("waiting for a closed endpoint succeeded")
	}
}

func TestDateHeaderFollowsTheClock(t *testing.T) {
	r := start(t, Options{})
	r.Advance(48 * time.Hour)
	before := r.Now()
	res, err := http.Post(r.url, "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	date, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	if date.Before(before.Truncate(time.Second)) || date.After(r.Now()) {
		t.Errorf("Date is %v, want about %v", date, before)
	}
	if time.Until(date) < 47*time.Hour {
		t.Errorf("Date is %v, which is not two days ahead", date)
	}
}

func TestNewReportsTheInvalidField(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Limits: "some"}, `limits "some": want on, off or window`},
		{Options{Trimmed: "x"}, `trimmed "x": want oldest, error or empty`},
		{Options{UpdatingDelay: -1}, `updating delay -1ns: want zero or more`},
		{Options{Streams: []StreamSpec{{"a b", 1}}}, `stream a b:1: want a name of 1 to 128 characters, of a-z, A-Z, 0-9, _ . -`},
		{Options{Streams: []StreamSpec{{"a", 0}}}, `stream a:0: want 1 to 10000 shards`},
		{Options{Streams: []StreamSpec{{"a", 1}, {"a", 2}}}, `stream "a" is named twice`},
		{Options{Faults: []string{"x"}}, `fault "x": want OP=FAULT, OP=FAULT*N or OP=FAULT@P`},
	} {
		_, err := New(c.o)
		if err == nil || err.Error() != c.want {
			t.Errorf("New(%+v): got %v, want %s", c.o, err, c.want)
		}
	}
}

func TestParseStreamSpec(t *testing.T) {
	for _, c := range []struct {
		in   string
		want StreamSpec
		err  bool
	}{
		{in: "orders", want: StreamSpec{"orders", 1}},
		{in: "orders:4", want: StreamSpec{"orders", 4}},
		{in: "or.de_rs-1:10000", want: StreamSpec{"or.de_rs-1", 10000}},
		{in: "", err: true},
		{in: ":4", err: true},
		{in: "orders:", err: true},
		{in: "orders:0", err: true},
		{in: "orders:10001", err: true},
		{in: "orders:4:4", err: true},
		{in: "orders:four", err: true},
	} {
		got, err := ParseStreamSpec(c.in)
		if got != c.want || (err != nil) != c.err {
			t.Errorf("ParseStreamSpec(%q) = %v, %v, want %v", c.in, got, err, c.want)
		}
	}
}

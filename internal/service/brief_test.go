package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestBrief(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	answered := func(status int, err error) error {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{answered(400, &smithy.GenericAPIError{Code: "InvalidArgumentException", Message: "no"}), "InvalidArgumentException: no"},
		{answered(500, &smithy.GenericAPIError{Code: "InternalFailure", Message: "InternalFailure"}), "InternalFailure"},
		{answered(502, &smithy.GenericAPIError{Code: "UnknownError"}), "the answer did not come from Kinesis (HTTP status 502)"},
		{answered(200, &smithy.DeserializationError{Err: errors.New("invalid character")}), "the answer did not come from Kinesis (HTTP status 200)"},
		{&smithy.DeserializationError{Err: errors.New("invalid character")}, "the answer did not come from Kinesis"},
		{fmt.Errorf("call: %w", context.DeadlineExceeded), "no answer in time"},
		{&url.Error{Op: "Post", URL: "http://127.0.0.1:1", Err: refused}, "dial tcp: connection refused"},
		{&url.Error{Op: "Post", URL: "http://127.0.0.1:1", Err: errors.New("EOF")}, "EOF"},
		{fmt.Errorf("read response: %w", errors.New("unexpected EOF")), "unexpected EOF"},
	} {
		if got := Brief(test.err); got != test.want {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}

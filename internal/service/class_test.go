package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestEveryCodeHasItsClass(t *testing.T) {
	want := map[Class][]string{
		Throttled: {"ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException", "ThrottlingException",
			"Throttling", "RequestLimitExceeded", "TooManyRequestsException"},
		InUse: {"ResourceInUseException"},
		Transient: {"InternalFailure", "InternalFailureException", "InternalServerError", "InternalServiceError",
			"ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException"},
		Expired: {"ExpiredIteratorException", "ExpiredNextTokenException"},
		Refused: {"InvalidArgumentException", "ValidationException", "ValidationError", "SerializationException", "RequestEntityTooLarge"},
		Missing: {"ResourceNotFoundException"},
		Denied:  {"AccessDeniedException", "AccessDenied", "OptInRequired", "RegionDisabledException"},
		Unauthentic: {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
			"IncompleteSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
			"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture", "AuthFailure"},
		Key:         {"KMSAccessDeniedException", "KMSOptInRequired", "KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException"},
		Unsupported: {"UnknownOperationException"},
	}
	known := 0
	for class, codes := range want {
		known += len(codes)
		for _, code := range codes {
			if got := ClassOfCode(code); got != class {
				t.Errorf("%s: class %d, want %d", code, got, class)
			}
		}
	}
	if known != len(classes) {
		t.Errorf("the table has %d codes, the test %d", len(classes), known)
	}
	for _, code := range []string{"", "UnknownError", "DryRunOperationException", "NoSuchCode"} {
		if got := ClassOfCode(code); got != Unknown {
			t.Errorf("%q: class %d", code, got)
		}
	}
}

type markedError struct{ permanent, unsent bool }

func (markedError) Error() string     { return "no credentials" }
func (e markedError) Permanent() bool { return e.permanent }
func (e markedError) Unsent() bool    { return e.unsent }

func TestErrorsWithoutACodeHaveAClass(t *testing.T) {
	answered := func(status int, err error) error {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
	}
	api := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	for name, c := range map[string]struct {
		err  error
		want Class
	}{
		"a code":                       {answered(400, api("ThrottlingException")), Throttled},
		"a code of a wrapped error":    {fmt.Errorf("call: %w", answered(400, api("ResourceNotFoundException"))), Missing},
		"a known code, status 500":     {answered(500, api("AccessDeniedException")), Denied},
		"an unknown code":              {answered(400, api("NoSuchCode")), Unknown},
		"an unknown code, status 500":  {answered(503, api("NoSuchCode")), Transient},
		"an error page":                {answered(404, api("UnknownError")), Unanswered},
		"an error page, status 502":    {answered(502, api("UnknownError")), Unanswered},
		"no credentials":               {markedError{permanent: true}, Unsendable},
		"no credentials, with a code":  {errors.Join(markedError{permanent: true}, api("AccessDenied")), Unsendable},
		"no credentials for now":       {markedError{unsent: true}, Unsent},
		"no credentials, permanently":  {markedError{permanent: true, unsent: true}, Unsendable},
		"invalid arguments":            {smithy.InvalidParamsError{}, Unsendable},
		"request cannot be serialized": {&smithy.SerializationError{Err: errors.New("no")}, Unsendable},
		"no connection":                {&net.OpError{Op: "dial", Err: errors.New("refused")}, Unsent},
		"a broken connection":          {&net.OpError{Op: "read", Err: errors.New("reset")}, Unanswered},
		"cut off":                      {io.ErrUnexpectedEOF, Unanswered},
		"no answer in time":            {context.DeadlineExceeded, Unanswered},
		"a body that cannot be read":   {answered(200, &smithy.DeserializationError{Err: errors.New("invalid character")}), Unanswered},
	} {
		if got := ClassOf(c.err); got != c.want {
			t.Errorf("%s: class %d, want %d", name, got, c.want)
		}
	}
	if Code(answered(502, api("UnknownError"))) != "" || Code(api("Throttling")) != "Throttling" || Code(io.EOF) != "" {
		t.Error("the error code is wrong")
	}
	if Status(answered(502, io.EOF)) != 502 || Status(io.EOF) != 0 || Status(&smithyhttp.ResponseError{Err: io.EOF}) != 0 {
		t.Error("the status is wrong")
	}
	if throttled := errors.Join(markedError{unsent: true}, api("Throttling")); ClassOf(throttled) != Unsent || !IsRefusedForNow(throttled) {
		t.Error("the error of a throttled source of credentials is not Unsent or not IsRefusedForNow")
	}
	for _, is := range []func(error) bool{IsDenied, IsUnauthentic, IsRefusedForNow} {
		if is(nil) {
			t.Error("nil has a class")
		}
	}
}

package writer

import (
	"testing"

	"github.com/aws/smithy-go"
)

// identityCodes are the codes with which a service refuses who signed a call, or when.
var identityCodes = []string{
	"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
	"IncompleteSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
	"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture", "AuthFailure",
}

func TestFault12EveryRefusalOfTheSignatureEndsTheRun(t *testing.T) {
	for _, code := range identityCodes {
		if got := classify(&smithy.GenericAPIError{Code: code}); got != fatal {
			t.Errorf("%s: verdict %d, want fatal", code, got)
		}
	}
}

package writer

import (
	"testing"

	"github.com/aws/smithy-go"
)

// identityCodes are the error codes for a wrong signer or a wrong time of the signature.
var identityCodes = []string{
	"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
	"IncompleteSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
	"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture", "AuthFailure",
}

func TestFault12EverySignatureErrorEndsTheRun(t *testing.T) {
	for _, code := range identityCodes {
		if got := classify(&smithy.GenericAPIError{Code: code}); got != fatal {
			t.Errorf("%s: verdict %d, want fatal", code, got)
		}
	}
}

package console

import (
	"testing"

	"kin/internal/awsclient"
	"kin/internal/service"
)

// Every error code that the retry rules classify as an authentication failure also has a hint.
func TestFault12EveryAuthenticationErrorHasAHint(t *testing.T) {
	for _, code := range []string{
		"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
		"IncompleteSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
		"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture", "AuthFailure",
	} {
		if sourceHint(awsclient.Source{}, code) == "" || service.ClassOfCode(code) != service.Unauthentic {
			t.Errorf("%s is not known everywhere", code)
		}
	}
	if code := "AccessDeniedException"; sourceHint(awsclient.Source{}, code) != "" || service.ClassOfCode(code) == service.Unauthentic {
		t.Errorf("%s is about a permission", code)
	}
}

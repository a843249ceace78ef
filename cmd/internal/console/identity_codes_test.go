package console

import (
	"testing"

	"kin/internal/awsclient"
	"kin/internal/service"
)

// The hints and the packages that retry know the same error codes.
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

package writer

import (
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
)

func TestVerdictsOnErrorCodes(t *testing.T) {
	for want, codes := range map[verdict][]string{
		resend:       {"ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException", "TooManyRequestsException", "ResourceInUseException", "ExpiredNextTokenException"},
		resendUnsure: {"InternalFailure", "InternalServerError", "ServiceUnavailableException", "RequestTimeout", "UnknownError"},
		fatal:        {"ExpiredTokenException", "KMSAccessDeniedException", "KMSNotFoundException", "KMSOptInRequired", "OptInRequired"},
		refused:      {"InvalidArgumentException", "ValidationException", "SerializationException", "RequestEntityTooLarge"},
		notFound:     {"ResourceNotFoundException"},
		denied:       {"AccessDeniedException", "AccessDenied"},
		unknownCode:  {"UnknownOperationException", "AnythingElse"},
	} {
		for _, code := range codes {
			if got := classify(&smithy.GenericAPIError{Code: code}); got != want {
				t.Errorf("%s of a call: verdict %d, want %d", code, got, want)
			}
			if got := classifyCode(code); got != want && code != "UnknownError" {
				t.Errorf("%s of a record: verdict %d, want %d", code, got, want)
			}
		}
	}
}

// The HTTP status decides if the error code is unknown.
func TestVerdictsOnStatuses(t *testing.T) {
	for want, status := range map[verdict]int{resendUnsure: http.StatusInternalServerError, unknownCode: http.StatusBadRequest, refused: http.StatusRequestEntityTooLarge} {
		if got := classify(answered(status, api("AnythingElse"))); got != want {
			t.Errorf("status %d: verdict %d, want %d", status, got, want)
		}
	}
}

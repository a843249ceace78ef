package cmd

import (
	"errors"

	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
)

// explainRole explains, by its error code, why a role could not be taken on.
func explainRole(err error, role *awsclient.RoleError) explanation {
	var api smithy.APIError
	if !errors.As(role, &api) {
		return explanation{err.Error(), "check the network, --region and --sts-endpoint (AWS_ENDPOINT_URL_STS)", exitGaveUp}
	}
	switch api.ErrorCode() {
	case "ValidationError":
		return explanation{err.Error(), "", exitUsage}
	case "Throttling", "ThrottlingException", "RequestLimitExceeded", "InternalFailure", "ServiceUnavailable":
		return explanation{err.Error(), "", exitGaveUp}
	case "InvalidClientTokenId", "SignatureDoesNotMatch", "IncompleteSignature", "ExpiredToken", "ExpiredTokenException",
		"MissingAuthenticationToken", "UnrecognizedClientException":
		return explanation{err.Error(), "the credentials that are to take on the role are not valid: check the profile, its keys and the clock", exitDenied}
	case "RegionDisabledException":
		return explanation{err.Error(), "the account does not use STS in this region: give --sts-endpoint", exitDenied}
	}
	return explanation{err.Error(), "the credentials need sts:AssumeRole on the role, and the role has to trust them; check --role-arn and --role-external-id", exitDenied}
}

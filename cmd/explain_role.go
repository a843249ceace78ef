package cmd

import (
	"errors"

	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
)

// explainRole explains, by its error code, why a role could not be taken on.
func explainRole(err error, role *awsclient.RoleError) explanation {
	var api smithy.APIError
	var answer *awsclient.AnswerError
	if errors.As(role, &answer) {
		return explanation{err.Error(), "check --sts-endpoint (AWS_ENDPOINT_URL_STS): what answers there is not STS, or is broken", exitFailed}
	}
	if awsclient.IsForeignAnswer(role) {
		return explanation{err.Error(), "check --sts-endpoint (AWS_ENDPOINT_URL_STS): what answers there is not STS, or is broken", exitGaveUp}
	}
	if awsclient.IsCertificateError(role) {
		return explanation{err.Error(), "check --sts-endpoint (AWS_ENDPOINT_URL_STS); AWS_CA_BUNDLE names a file of certificates to trust", exitGaveUp}
	}
	if !errors.As(role, &api) {
		return explanation{err.Error(), "check the network, --region and --sts-endpoint (AWS_ENDPOINT_URL_STS)", exitGaveUp}
	}
	if x, ok := explainRefused(err); ok {
		return x
	}
	switch api.ErrorCode() {
	case "ValidationError":
		return explanation{err.Error(), "", exitUsage}
	case "Throttling", "ThrottlingException", "RequestLimitExceeded", "InternalFailure", "ServiceUnavailable":
		return explanation{err.Error(), "", exitGaveUp}
	case "RegionDisabledException":
		return explanation{err.Error(), "the account does not use STS in this region: give --sts-endpoint", exitDenied}
	}
	return explanation{err.Error(), "the credentials need sts:AssumeRole on the role, and the role has to trust them; check --role-arn and --role-external-id", exitDenied}
}

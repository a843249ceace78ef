package console

import (
	"errors"

	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
	"kin/internal/service"
)

// explainRole explains why a role could not be assumed.
func explainRole(err error, role *awsclient.RoleError) Explanation {
	var api smithy.APIError
	var answer *awsclient.AnswerError
	if errors.As(role, &answer) {
		return Explanation{err.Error(), "check --sts-endpoint (AWS_ENDPOINT_URL_STS): the server there is not STS, or is broken", ExitFailed}
	}
	if awsclient.IsForeignAnswer(role) {
		return Explanation{err.Error(), "check --sts-endpoint (AWS_ENDPOINT_URL_STS): the server there is not STS, or is broken", ExitGaveUp}
	}
	if awsclient.IsCertificateError(role) {
		return Explanation{err.Error(), "check --sts-endpoint (AWS_ENDPOINT_URL_STS), or set AWS_CA_BUNDLE to a file with the certificates to trust", ExitGaveUp}
	}
	if !errors.As(role, &api) {
		return Explanation{err.Error(), "check the network, --region and --sts-endpoint (AWS_ENDPOINT_URL_STS)", ExitGaveUp}
	}
	if x, ok := explainRefused(err); ok {
		return x
	}
	switch service.ClassOfCode(api.ErrorCode()) {
	case service.Refused:
		return Explanation{err.Error(), "", ExitUsage}
	case service.Throttled, service.Transient:
		return Explanation{err.Error(), "", ExitGaveUp}
	}
	if api.ErrorCode() == "RegionDisabledException" {
		return Explanation{err.Error(), "STS is not activated for the account in this region: give --sts-endpoint", ExitDenied}
	}
	return Explanation{err.Error(), "the credentials need sts:AssumeRole on the role, and the role has to trust them; check --role-arn and --role-external-id", ExitDenied}
}

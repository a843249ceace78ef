package console

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/aws/smithy-go"
	"github.com/xhit/go-str2duration/v2"

	"kin/internal/awsclient"
)

// explainCredentials explains why there are no credentials.
func explainCredentials(found *awsclient.CredentialsError) Explanation {
	s := found.Source
	var process *awsclient.ProcessError
	var api smithy.APIError
	var settings *awsclient.SettingsError
	switch {
	case errors.As(found.Err, &settings):
		hint := settings.Advice
		if settings.Profile != "" {
			hint += " --profile " + ShellWord(settings.Profile)
		}
		return Explanation{"no AWS credentials: " + found.Reason(), hint, ExitDenied}
	case s.MFA != "" && !errors.As(found.Err, &api):
		return Explanation{
			fmt.Sprintf("no AWS credentials: %s requires a code of the MFA device %s, and kin has no prompt for it", profileText(s), s.MFA),
			"set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to the output of: aws sts get-session-token --serial-number " +
				ShellWord(s.MFA) + " --token-code CODE" + sourceProfileFlag(s) + roleCommand(s), ExitDenied,
		}
	case errors.As(found.Err, &process):
		return Explanation{
			"no AWS credentials: " + process.Error(),
			"run the credential_process of " + profileText(s) + " by hand: aws configure get credential_process" + profileFlag(s), ExitDenied,
		}
	case awsclient.IsCertificateError(found.Err):
		return Explanation{"no AWS credentials: " + found.Reason(), trustHint, ExitDenied}
	case s.Kind == awsclient.SSO && found.Permanent():
		return Explanation{"no AWS credentials: " + found.Reason(), "the session of IAM Identity Center expired or was never started: " + renewal(s), ExitDenied}
	case s.Kind == awsclient.LoginSession && found.Permanent():
		return Explanation{"no AWS credentials: " + found.Reason(), "the login session expired or was never started: " + renewal(s), ExitDenied}
	case errors.As(found.Err, &api):
		return Explanation{"no AWS credentials: " + found.Reason(), reloadHint(found, sourceHint(s, api.ErrorCode())), ExitDenied}
	case !found.Permanent() && s.Kind != awsclient.Container && (s.Kind != awsclient.NoSource || s.Temporary):
		return Explanation{"no AWS credentials: " + found.Reason(), "the source of the credentials did not answer: check the network and HTTPS_PROXY, then run kin again", ExitDenied}
	}
	return Explanation{"no AWS credentials: " + found.Reason(), searchHint(s), ExitDenied}
}

// trustHint is the hint for a credentials endpoint whose certificate is not trusted.
const trustHint = "set AWS_CA_BUNDLE to a file with the certificates to trust"

// searchHint names what to check in the source of the credentials. If there is no source, it
// describes where to put credentials.
func searchHint(s awsclient.Source) string {
	const searched = "kin searches where the AWS SDK does: environment, shared configuration, instance profile"
	switch {
	case s.Kind == awsclient.GivenKeys:
		return "check --aws-access-key and --aws-secret-key"
	case s.Kind == awsclient.EnvironmentKeys:
		return "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	case s.Kind == awsclient.WebIdentity:
		return "check the web identity token file: AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile"
	case s.Kind == awsclient.Container:
		return "check the container's credentials endpoint: AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	case s.Kind != awsclient.NoSource || s.Temporary:
		return "check " + profileText(s) + ": aws configure list" + profileFlag(s)
	case s.Profile != "":
		return "profile " + s.Profile + " names no credentials, and there is no instance profile: aws configure" + profileFlag(s)
	}
	return "set AWS_PROFILE or give --profile; " + searched
}

// explainRefused explains a call that was refused because of its credentials, its signature or the
// clock. ok is false for other errors.
func explainRefused(err error) (x Explanation, ok bool) {
	hint := reloadHint(err, refusedHint(err))
	return Explanation{err.Error(), hint, ExitDenied}, hint != ""
}

// reloadHint puts the error of a credentials reload in front of hint. If there was no such error,
// it returns hint unchanged.
func reloadHint(err error, hint string) string {
	var refused *awsclient.RefusedError
	if hint == "" || !errors.As(err, &refused) || refused.Reload == nil {
		return hint
	}
	return "kin could not load new credentials (" + refused.Reload.Error() + "); " + hint
}

// refusedHint returns the hint for a call that was refused because of its credentials, its
// signature or the clock. It is empty for other errors.
func refusedHint(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	var s awsclient.Source
	var refused *awsclient.RefusedError
	var role *awsclient.RoleError
	switch {
	case errors.As(err, &refused) && refused.IsClock():
		if hint := sourceHint(s, api.ErrorCode()); hint != "" {
			return clockHint(refused.Ahead)
		}
		return ""
	case errors.As(err, &role):
		s = role.Source
	case refused != nil:
		s = refused.Source
	}
	return sourceHint(s, api.ErrorCode())
}

// sourceHint returns the hint for an error code about credentials. It is empty for other
// codes.
func sourceHint(s awsclient.Source, code string) string {
	switch code {
	case "ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired":
		return "the session token expired: " + renewal(s)
	case "UnrecognizedClientException", "InvalidClientTokenId":
		return "the access key ID" + keyOrigin(s) + " is unknown to the service, or its session token is wrong; check with: aws sts get-caller-identity" + profileFlag(s)
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return "the secret access key" + keyOrigin(s) + " does not belong to the access key ID; check with: aws sts get-caller-identity" + profileFlag(s)
	case "RequestTimeTooSkewed", "RequestInTheFuture":
		return "this machine's clock differs from the service's: " + clockCommand()
	case "AuthFailure", "MissingAuthenticationTokenException", "MissingAuthenticationToken", "IncompleteSignatureException", "IncompleteSignature":
		return "the credentials" + keyOrigin(s) + " are not accepted by the service; check with: aws sts get-caller-identity" + profileFlag(s)
	}
	return ""
}

// renewal returns how to renew credentials: a command if there is one.
func renewal(s awsclient.Source) string {
	switch s.Kind {
	case awsclient.SSO:
		return "aws sso login" + profileFlag(s)
	case awsclient.LoginSession:
		return "aws login" + profileFlag(s)
	case awsclient.GivenKeys:
		return "give new keys with --aws-access-key, --aws-secret-key and --aws-session-token"
	case awsclient.EnvironmentKeys:
		return "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to new keys"
	case awsclient.ProfileKeys:
		return "write new keys into the profile: aws configure" + profileFlag(s)
	case awsclient.Process:
		return "correct the credential_process, which returned expired keys: aws configure get credential_process" + profileFlag(s)
	case awsclient.WebIdentity:
		return "renew the web identity token file: AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile"
	case awsclient.Container:
		return "restart the container, whose credentials endpoint returned expired keys"
	case awsclient.NoSource:
	}
	return "renew the keys, then try: aws sts get-caller-identity" + profileFlag(s)
}

// sourceProfileFlag returns the AWS CLI's --profile flag for the source profile, whose credentials
// assume the role. It is empty if no source profile is named.
func sourceProfileFlag(s awsclient.Source) string {
	if s.SourceProfile == "" {
		return ""
	}
	return " --profile " + ShellWord(s.SourceProfile)
}

// roleCommand returns the end of a hint: how to run kin with the variables that the hint sets. The
// variables hold the user's credentials, not the role's, so kin needs --role-arn. --profile would
// override the variables. The result is empty if the profile has no role.
func roleCommand(s awsclient.Source) string {
	switch {
	case s.Role == "":
		return ""
	case s.ProfileGiven:
		return "; then run kin with --role-arn " + ShellWord(s.Role) + " and without --profile"
	}
	return "; then run kin with --role-arn " + ShellWord(s.Role)
}

// profileFlag returns the AWS CLI's --profile flag for the profile in use. It is empty for the
// default profile and for keys from flags or the environment.
func profileFlag(s awsclient.Source) string {
	if s.Profile == "" || s.Kind == awsclient.GivenKeys || s.Kind == awsclient.EnvironmentKeys {
		return ""
	}
	return " --profile " + ShellWord(s.Profile)
}

func profileText(s awsclient.Source) string {
	if s.Profile == "" {
		return "the default profile"
	}
	return "profile " + s.Profile
}

// keyOrigin returns a phrase that follows a key and names its source, such as " of profile
// dev".
func keyOrigin(s awsclient.Source) string {
	switch s.Kind {
	case awsclient.GivenKeys:
		return " of --aws-access-key"
	case awsclient.EnvironmentKeys:
		return " in the environment (AWS_ACCESS_KEY_ID)"
	case awsclient.ProfileKeys, awsclient.SSO, awsclient.LoginSession, awsclient.Process:
		return " of " + profileText(s)
	case awsclient.WebIdentity, awsclient.Container, awsclient.NoSource:
	}
	return ""
}

// clockHint states how wrong this machine's clock is. ahead is the service's time minus this
// machine's.
func clockHint(ahead time.Duration) string {
	direction := "behind"
	if ahead < 0 {
		ahead, direction = -ahead, "ahead"
	}
	round := time.Minute
	if ahead >= 48*time.Hour {
		round = time.Hour
	}
	return fmt.Sprintf("this machine's clock is %s %s: %s", str2duration.String(ahead.Round(round)), direction, clockCommand())
}

// clockCommand returns the command that sets this machine's clock.
func clockCommand() string {
	switch runtime.GOOS {
	case "windows":
		return "w32tm /resync"
	case "darwin":
		return "sudo sntp -sS time.apple.com"
	}
	return "sudo chronyc makestep"
}

// proxyHint returns the hint for a call that failed at a proxy.
func proxyHint(proxy *awsclient.ProxyError) string {
	name := proxy.Variable
	if name == "" {
		name = "HTTPS_PROXY"
	}
	return "check the proxy in " + name + "; list in NO_PROXY the hosts that need no proxy, and set AWS_CA_BUNDLE to a file with the certificates to trust" + otherProxy(name)
}

// otherProxy mentions HTTPS_PROXY if another variable named the proxy.
func otherProxy(name string) string {
	if name == "HTTPS_PROXY" {
		return ""
	}
	return "; endpoints with https use HTTPS_PROXY"
}

// Hint returns the hint for an error about credentials, the clock, a proxy or a certificate. It is
// empty for other errors.
func Hint(err error) string {
	var proxy *awsclient.ProxyError
	switch {
	case errors.As(err, &proxy):
		return proxyHint(proxy)
	case awsclient.IsCertificateError(err):
		return certificateHint
	}
	return refusedHint(err)
}

// certificateHint is the hint for a Kinesis endpoint whose certificate is not trusted.
const certificateHint = "check --endpoint, or set AWS_CA_BUNDLE to a file with the certificates to trust"

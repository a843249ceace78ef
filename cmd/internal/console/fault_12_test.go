package console

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
)

// If a source of credentials cannot be reached, the hint does not ask the user to write
// keys into a profile that is correct.
func TestFault12HintDependsOnTheSourceOfCredentials(t *testing.T) {
	dial := fmt.Errorf("call: %w", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
	authority := fmt.Errorf("call: %w", x509.UnknownAuthorityError{})
	other := errors.New("missing region")
	const unanswered = "the source of the credentials did not answer: check the network and HTTPS_PROXY, then run kin again"
	for _, kind := range []awsclient.SourceKind{awsclient.SSO, awsclient.LoginSession, awsclient.ProfileKeys, awsclient.WebIdentity, awsclient.Process} {
		s := awsclient.Source{Kind: kind, Profile: "p", Temporary: true}
		for err, want := range map[error]string{dial: unanswered, authority: trustHint, context.DeadlineExceeded: unanswered} {
			x := explainCredentials(&awsclient.CredentialsError{Err: err, Source: s})
			if x.Hint != want || x.Code != ExitDenied {
				t.Errorf("kind %d, %v: exit %d, hint %q, want %q", kind, err, x.Code, x.Hint, want)
			}
		}
	}
	for _, c := range []struct {
		source awsclient.Source
		err    error
		want   string
	}{
		{awsclient.Source{Kind: awsclient.ProfileKeys, Profile: "p", Role: "r"}, other, "check profile p: aws configure list --profile p"},
		{awsclient.Source{Kind: awsclient.ProfileKeys}, other, "check the default profile: aws configure list"},
		{awsclient.Source{Kind: awsclient.NoSource, Temporary: true, Profile: "p"}, other, "check profile p: aws configure list --profile p"},
		{awsclient.Source{Kind: awsclient.NoSource, Temporary: true, Profile: "p"}, dial, unanswered},
		{awsclient.Source{Kind: awsclient.NoSource, Profile: "p"}, dial, "profile p names no credentials, and there is no instance profile: aws configure --profile p"},
		{awsclient.Source{Kind: awsclient.NoSource, Profile: "p"}, other, "profile p names no credentials, and there is no instance profile: aws configure --profile p"},
		{awsclient.Source{Kind: awsclient.NoSource}, dial, "set AWS_PROFILE or give --profile; kin searches where the AWS SDK does: environment, shared configuration, instance profile"},
		{awsclient.Source{Kind: awsclient.Container}, dial, "check the container's credentials endpoint: AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
	} {
		if x := explainCredentials(&awsclient.CredentialsError{Err: c.err, Source: c.source}); x.Hint != c.want {
			t.Errorf("%+v, %v: hint %q, want %q", c.source, c.err, x.Hint, c.want)
		}
	}
	if x := explainRole(authority, &awsclient.RoleError{ARN: "r", Err: authority}); !strings.Contains(x.Hint, "AWS_CA_BUNDLE") {
		t.Errorf("role: hint %q", x.Hint)
	}
}

// If credentials cannot be loaded again after a refusal, the exit code stays 4, and the
// hint names both failures.
func TestFault12HintNamesTheRefusalAndTheFailedReload(t *testing.T) {
	expired := &smithy.GenericAPIError{Code: "ExpiredTokenException", Message: "old"}
	s := awsclient.Source{Kind: awsclient.SSO, Profile: "p", Temporary: true}
	refused := &awsclient.RefusedError{Err: expired, Source: s, Reload: &awsclient.ConfigError{Err: errors.New("half a file")}}
	const want = "kin could not load new credentials (half a file); the session token expired: aws sso login --profile p"
	for name, err := range map[string]error{
		"call":        refused,
		"role":        &awsclient.RoleError{ARN: "r", Err: refused, Source: s},
		"credentials": &awsclient.CredentialsError{Err: refused, Source: awsclient.Source{Kind: awsclient.ProfileKeys, Profile: "p", Role: "r"}},
	} {
		x := (&Explainer{}).Explain(t.Context(), err)
		if name == "credentials" {
			x.Hint = strings.Replace(x.Hint, "write new keys into the profile: aws configure", "aws sso login", 1)
		}
		if x.Code != ExitDenied || x.Hint != want {
			t.Errorf("%s: exit %d, %q, hint %q", name, x.Code, x.Message, x.Hint)
		}
	}
}

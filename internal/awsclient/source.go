package awsclient

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// SourceKind is the kind of a source of credentials.
type SourceKind int

// The kinds of sources.
const (
	NoSource        SourceKind = iota // none is configured: the SDK tries the instance profile
	GivenKeys                         // Options.Keys
	EnvironmentKeys                   // AWS_ACCESS_KEY_ID and related variables
	ProfileKeys                       // keys in a shared configuration file
	SSO                               // IAM Identity Center: aws sso login
	LoginSession                      // aws login
	Process                           // credential_process
	WebIdentity                       // a token file
	Container                         // the container's credentials endpoint
)

// Source describes the source of a client's credentials, for messages.
type Source struct {
	Kind SourceKind
	// Profile is the profile in use; empty if none was named. ProfileGiven is true if
	// Options.Profile named it, and false for AWS_PROFILE.
	Profile      string
	ProfileGiven bool
	// Role is the ARN of the role that the profile assumes; Options.Role is not in it. MFA is
	// the serial number of the role's MFA device. Either is empty if there is none.
	Role, MFA string
	// SourceProfile is the profile whose credentials assume Role; empty if none is named.
	SourceProfile string
	// Temporary is true if the credentials are known to include a session token.
	Temporary bool
}

// sourceOf returns the source from which the SDK takes credentials
// (config/resolve_credentials.go). shared is the profile, or nil if none was loaded.
func sourceOf(o Options, shared *config.SharedConfig) Source {
	s := Source{Profile: o.Profile, ProfileGiven: o.Profile != ""}
	if s.Profile == "" {
		s.Profile = firstSet("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
	}
	switch {
	case o.Keys != (Keys{}):
		s.Kind, s.Temporary = GivenKeys, o.Keys.SessionToken != ""
		return s
	case !s.ProfileGiven && firstSet("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY") != "" && firstSet("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY") != "":
		s.Kind, s.Temporary = EnvironmentKeys, os.Getenv("AWS_SESSION_TOKEN") != ""
		return s
	case !s.ProfileGiven && os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		s.Kind = WebIdentity
		return s
	case shared == nil:
		return s
	}
	s.Role, s.MFA, s.SourceProfile = shared.RoleARN, shared.MFASerial, shared.SourceProfileName
	s.Kind, s.Temporary = kindOf(baseOf(shared))
	return s
}

// baseOf returns the profile at the end of a chain of source profiles.
func baseOf(shared *config.SharedConfig) *config.SharedConfig {
	for shared.Source != nil {
		shared = shared.Source
	}
	return shared
}

// kindOf returns the kind of source of a profile that has no source profile. temporary is
// true if its credentials are known to include a session token.
func kindOf(p *config.SharedConfig) (kind SourceKind, temporary bool) {
	container := firstSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI") != ""
	switch {
	case p.Credentials.HasKeys():
		return ProfileKeys, p.Credentials.SessionToken != ""
	case p.CredentialSource == "Environment":
		return EnvironmentKeys, os.Getenv("AWS_SESSION_TOKEN") != ""
	case p.CredentialSource == "EcsContainer":
		return Container, true
	case p.CredentialSource != "":
		return NoSource, true
	case p.WebIdentityTokenFile != "":
		return WebIdentity, true
	case p.SSOSession != nil || p.SSOStartURL != "" || p.SSOAccountID != "" || p.SSORoleName != "":
		return SSO, true
	case p.LoginSession != "":
		return LoginSession, true
	case p.CredentialProcess != "":
		return Process, true
	case container:
		return Container, true
	}
	return NoSource, false
}

// sharedOf returns the profile that the SDK loaded into a configuration, or nil.
func sharedOf(cfg aws.Config) *config.SharedConfig {
	for _, source := range cfg.ConfigSources {
		switch s := source.(type) {
		case config.SharedConfig:
			return &s
		case *config.SharedConfig:
			return s
		}
	}
	return nil
}

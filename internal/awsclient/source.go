package awsclient

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// SourceKind is where credentials come from.
type SourceKind int

// The kinds of sources.
const (
	NoSource        SourceKind = iota // nothing names one: the SDK asks for an instance profile
	GivenKeys                         // Options.Keys
	EnvironmentKeys                   // AWS_ACCESS_KEY_ID and its like
	ProfileKeys                       // keys in a shared configuration file
	SSO                               // IAM Identity Center, by aws sso login
	LoginSession                      // aws login
	Process                           // credential_process
	WebIdentity                       // a token file
	Container                         // an endpoint beside the process
)

// Source is where the credentials of a client come from, for messages.
type Source struct {
	Kind SourceKind
	// Profile is the one in use; empty when none was named. ProfileGiven says that
	// Options.Profile named it, and not AWS_PROFILE.
	Profile      string
	ProfileGiven bool
	// Role is one that the profile, not Options.Role, assumes; MFA is the serial number
	// of the device it asks for. Both are empty without.
	Role, MFA string
	// SourceProfile is the profile whose credentials assume Role; empty when none is named.
	SourceProfile string
	// Temporary says that they include a session token, where that is known.
	Temporary bool
}

// sourceOf is where the SDK takes credentials from (config/resolve_credentials.go).
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

// baseOf is the profile at the end of a chain of source profiles.
func baseOf(shared *config.SharedConfig) *config.SharedConfig {
	for shared.Source != nil {
		shared = shared.Source
	}
	return shared
}

// kindOf is where the credentials of a profile without a source profile come from.
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

// sharedOf is the profile that a configuration was made of; nil when there is none.
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

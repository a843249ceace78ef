package awsclient

import (
	"slices"
	"strings"
)

// The settings of a profile that decide where its credentials come from.
const (
	accessKeyID   = "aws_access_key_id"
	secretKey     = "aws_secret_access_key"
	tokenKey      = "aws_session_token"
	roleARN       = "role_arn"
	sourceProfile = "source_profile"
	sourceKind    = "credential_source"
	tokenFile     = "web_identity_token_file"
	ssoSession    = "sso_session"
)

// sources are the settings that name a source of credentials. A profile may have only one.
var sources = []string{sourceProfile, sourceKind, "credential_process", tokenFile}

// sourceKinds are the values of credential_source.
var sourceKinds = []string{"Environment", "Ec2InstanceMetadata", "EcsContainer"}

// fault returns why a profile gives no credentials. It also checks the profiles that this one
// takes credentials from. It returns nil if it finds no fault. A missing profile is a fault
// only if another profile names it. An empty name means the default profile.
func (f *sharedFiles) fault(name string) *SettingsError {
	if name == "" {
		name = "default"
	}
	const setSource = "name a profile with credentials: aws configure set source_profile NAME"
	var chain []string
	for p := f.profiles[name]; p != nil; p = f.profiles[p.values[sourceProfile]] {
		isLoop := slices.Contains(chain, p.name)
		chain = append(chain, p.name)
		if x := p.halfKeys(); x != nil {
			return x
		}
		next := p.values[sourceProfile]
		switch {
		case len(chain) > 1 && p.has(accessKeyID):
			return nil // the SDK stops here too
		case isLoop:
			return p.fault(sourceProfile, "takes its credentials from itself: "+strings.Join(chain, " -> "), setSource)
		}
		if x := p.sourceFault(); x != nil {
			return x
		}
		switch {
		case next == "" && p.has(ssoSession) && !f.sessions[p.values[ssoSession]]:
			return p.fault(ssoSession, "names the sso_session "+p.values[ssoSession]+", which does not exist", "create it: aws configure sso-session")
		case next == "" && !p.hasSource() && p.has(roleARN):
			return p.fault(roleARN, "has role_arn but neither source_profile nor credential_source", setSource)
		case next == "" && !p.hasSource() && len(chain) > 1:
			return p.fault("", "has no credentials, but is the source_profile of profile "+chain[len(chain)-2], "write keys into the profile: aws configure")
		case next != "" && f.profiles[next] == nil:
			return p.fault(sourceProfile, "names the source_profile "+next+", which does not exist in "+strings.Join(f.names, " or "), setSource)
		}
	}
	return nil
}

// halfKeys returns a fault if a profile has only one key of a pair, or has the two keys in
// two files. The SDK requires both in one file. It returns nil if the pair is complete or
// missing.
func (p *sharedProfile) halfKeys() *SettingsError {
	const both = "write both keys into the profile: aws configure"
	id, secret := p.has(accessKeyID), p.has(secretKey)
	switch {
	case id && !secret:
		return p.fault(accessKeyID, "has aws_access_key_id but no aws_secret_access_key", both)
	case secret && !id:
		return p.fault(secretKey, "has aws_secret_access_key but no aws_access_key_id", both)
	case id && p.files[accessKeyID] != p.files[secretKey]:
		return p.fault(accessKeyID, "has aws_access_key_id, but aws_secret_access_key is in "+p.files[secretKey]+": both must be in one file", both)
	case !id && p.has(tokenKey):
		return p.fault(tokenKey, "has aws_session_token but neither aws_access_key_id nor aws_secret_access_key", both)
	}
	return nil
}

// sourceFault returns the fault of the source of credentials that a profile names, or nil.
func (p *sharedProfile) sourceFault() *SettingsError {
	named := slices.DeleteFunc(slices.Clone(sources), func(key string) bool { return !p.has(key) })
	kind := p.values[sourceKind]
	switch {
	case len(named) > 1:
		return p.fault(named[0], "names more than one source of credentials: "+strings.Join(named, ", "), "remove all but one from the file, then run: aws configure list")
	case kind != "" && !slices.Contains(sourceKinds, kind):
		return p.fault(sourceKind, "has the credential_source "+kind+", which is none of "+strings.Join(sourceKinds, ", "), "aws configure set credential_source Environment")
	case kind == "EcsContainer" && firstSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", containerURI) == "":
		return p.fault(sourceKind, "has the credential_source EcsContainer, but neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "+containerURI+" is set",
			"outside a container use another source: aws configure set credential_source Environment")
	case len(named) == 1 && named[0] != "credential_process" && !p.has(roleARN):
		return p.fault(named[0], "has "+named[0]+" but no role_arn", "aws configure set role_arn ARN")
	}
	return nil
}

// hasSource reports whether a profile has credentials or names a source of them.
func (p *sharedProfile) hasSource() bool {
	return slices.ContainsFunc(append([]string{accessKeyID, ssoSession, "sso_start_url", "login_session"}, sources...), p.has)
}

// fault returns the error for a profile. Its text names the file that has key. The advice
// ends with a command that accepts --profile.
func (p *sharedProfile) fault(key, what, advice string) *SettingsError {
	file := p.files[key]
	if file == "" {
		file = p.file
	}
	return &SettingsError{
		text:   printable("profile " + p.name + " in " + file + " " + what),
		Advice: advice, Profile: p.name,
	}
}

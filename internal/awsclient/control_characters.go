package awsclient

import (
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
)

// controlText names, in messages, the characters that a request cannot contain.
const controlText = "a line break or another control character"

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\x7f' })
}

// controlIn returns the name of the first part of the credentials that has a control
// character. The names id, secret and token are the caller's. It returns "" if no part has
// one.
func controlIn(c aws.Credentials, id, secret, token string) string {
	switch {
	case hasControl(c.AccessKeyID):
		return id
	case hasControl(c.SecretAccessKey):
		return secret
	case hasControl(c.SessionToken):
		return token
	}
	return ""
}

// checkSource checks the settings of the source of credentials for faults that the SDK
// notices only during a call: control characters in keys and malformed role ARNs. It returns
// nil if it finds none.
func checkSource(o Options, source Source, shared *config.SharedConfig) *SettingsError {
	if source.Kind == GivenKeys {
		name := controlIn(aws.Credentials{AccessKeyID: o.Keys.AccessKey, SecretAccessKey: o.Keys.SecretKey, SessionToken: o.Keys.SessionToken},
			"--aws-access-key", "--aws-secret-key", "--aws-session-token")
		return controlFault(name, "give it without line breaks")
	}
	if source.Kind == EnvironmentKeys {
		_, id := firstVariable("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")
		_, secret := firstVariable("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
		name := controlIn(aws.Credentials{AccessKeyID: os.Getenv(id), SecretAccessKey: os.Getenv(secret), SessionToken: os.Getenv("AWS_SESSION_TOKEN")},
			id, secret, "AWS_SESSION_TOKEN")
		if name != "" {
			return controlFault(name, "remove it: export "+name+`="$(printenv `+name+` | tr -d '[:cntrl:]')"`)
		}
	}
	switch {
	case source.Kind == WebIdentity && !source.ProfileGiven && os.Getenv(identityToken) != "":
		if fault := webIdentityFault(); fault != nil {
			return fault
		}
	case source.Kind == Container && !isContainerURL(os.Getenv(containerURI)):
		return containerFault()
	}
	if source.Role != "" || source.Kind != EnvironmentKeys {
		return profileFault(shared, source.Kind)
	}
	return nil
}

// controlFault returns the error for a setting with control characters, or nil if name is
// empty.
func controlFault(name, advice string) *SettingsError {
	if name == "" {
		return nil
	}
	return &SettingsError{text: name + " has " + controlText, Advice: advice}
}

// profileFault returns the first fault of the keys and roles in a chain of profiles, or nil.
func profileFault(p *config.SharedConfig, kind SourceKind) *SettingsError {
	for ; p != nil; p = p.Source {
		if p.RoleARN != "" && !isRoleARN(p.RoleARN) {
			return &SettingsError{
				text:   printable("profile " + p.Profile + " has the role_arn " + p.RoleARN + ", which is not the ARN of a role"),
				Advice: "aws configure set role_arn ARN", Profile: p.Profile,
			}
		}
		if p.Source != nil || kind != ProfileKeys {
			continue
		}
		if name := controlIn(p.Credentials, accessKeyID, secretKey, tokenKey); name != "" {
			return &SettingsError{
				text:   printable("profile " + p.Profile + " has " + controlText + " in " + name),
				Advice: "write the keys into the profile again: aws configure", Profile: p.Profile,
			}
		}
	}
	return nil
}

var awsRoleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)

// isRoleARN reports whether s may be the ARN of a role. AWS's role ARNs have a known form;
// for other services any ARN counts.
func isRoleARN(s string) bool {
	if strings.HasPrefix(s, "arn:aws") {
		return awsRoleARN.MatchString(s)
	}
	return arn.IsARN(s) && !hasControl(s)
}

// checkSendable rejects credentials with control characters: no request can contain them.
// checkSource has already checked the settings; this checks the answer of a source.
func checkSendable(c aws.Credentials, source Source) error {
	name := controlIn(c, "access key ID", "secret access key", "session token")
	if name == "" {
		return nil
	}
	fault := controlFault("the "+name+" from "+sourceText(c.Source), "correct the source: aws configure list")
	fault.Profile = source.Profile
	return &CredentialsError{fault, source}
}

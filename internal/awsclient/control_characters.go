package awsclient

import (
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
)

// controlText is what messages call characters that no request can carry.
const controlText = "a line break or another control character"

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\x7f' })
}

// controlIn is the first of three names whose part of credentials, the ID, the secret key or
// the token, has a control character; empty when none has.
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

// checkSource returns what is wrong with the settings that credentials are made of, which
// the SDK does not notice before a call: control characters in keys, and roles that cannot
// be. nil is nothing.
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

// controlFault is the error of a setting with control characters; nil when the name is empty.
func controlFault(name, advice string) *SettingsError {
	if name == "" {
		return nil
	}
	return &SettingsError{text: name + " has " + controlText, Advice: advice}
}

// profileFault is what is wrong with the keys and the roles of a chain of profiles.
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

// isRoleARN reports whether a text may be the ARN of a role: AWS's own have a known form,
// those of other services are any ARN.
func isRoleARN(s string) bool {
	if strings.HasPrefix(s, "arn:aws") {
		return awsRoleARN.MatchString(s)
	}
	return arn.IsARN(s) && !hasControl(s)
}

// checkSendable refuses credentials that a source gave and no request can carry. Settings
// were checked before, by checkSource.
func checkSendable(c aws.Credentials, source Source) error {
	name := controlIn(c, "access key ID", "secret access key", "session token")
	if name == "" {
		return nil
	}
	fault := controlFault("the "+name+" that comes from "+sourceText(c.Source), "correct the source: aws configure list")
	fault.Profile = source.Profile
	return &CredentialsError{fault, source}
}

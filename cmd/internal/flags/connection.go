package flags

import (
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/internal/awsclient"
	"kin/internal/record"
)

// Connection is where the service is and who is calling: flags of every command
// that calls it.
type Connection struct {
	Profile, Region, Endpoint          string
	AccessKey, SecretKey, SessionToken string
	RoleARN, RoleExternalID            string
	RoleSessionName, STSEndpoint       string
}

// AddFlags gives a command the flags about credentials.
func (c *Connection) AddFlags(f *pflag.FlagSet) {
	const visible = "; a command line is visible to ps: a profile or the environment is better"
	TextVar(f, &c.AccessKey, "aws-access-key", "the ID of an access key", "access `key` ID, with --aws-secret-key in place of the credentials that the AWS SDK finds"+visible)
	TextVar(f, &c.SecretKey, "aws-secret-key", "a secret key", "secret `key` of --aws-access-key"+visible)
	TextVar(f, &c.SessionToken, "aws-session-token", "a token", "`token` of temporary keys"+visible)
	TextVar(f, &c.RoleARN, "role-arn", "the ARN of a role, such as arn:aws:iam::123456789012:role/reader", "`ARN` of an IAM role to take on, with the keys given or those that the AWS SDK finds")
	TextVar(f, &c.RoleExternalID, "role-external-id", "an external ID", "the external `ID` that the role asks for")
	TextVar(f, &c.RoleSessionName, "role-session-name", "a name", "`name` of the role's session, which the account's logs will show (default: kin-PID)")
	TextVar(f, &c.STSEndpoint, "sts-endpoint", WantURL, "`URL` of the service that gives the role's credentials (also AWS_ENDPOINT_URL_STS)")
}

// AddGlobalFlags gives the root the flags that every command has.
func (c *Connection) AddGlobalFlags(f *pflag.FlagSet) {
	TextVar(f, &c.Profile, "profile", "the name of a profile", "`name` of the AWS profile (default: as the AWS SDK resolves it)")
	TextVar(f, &c.Region, "region", "a region such as us-east-1", "AWS `region` (default: as the AWS SDK resolves it, or the ARN's)")
	TextVar(f, &c.Endpoint, "endpoint", WantURL, "`URL` of the service (also AWS_ENDPOINT_URL_KINESIS)")
}

// SettingSource knows which flags have their values from a variable or a file.
type SettingSource interface {
	IsSetting(flag string) bool
	IsNarrow(flag string) bool // another command does not get it
}

// What AssumeRole takes (API documentation).
var (
	RoleARNPattern     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	ExternalIDPattern  = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
	sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// Check wants whole pairs, nothing about a role without its ARN, and what
// AssumeRole takes (API documentation). It never says a key.
func (c *Connection) Check() error {
	switch {
	case c.AccessKey != "" && c.SecretKey == "":
		return console.Usage("--aws-access-key needs --aws-secret-key")
	case c.SecretKey != "" && c.AccessKey == "":
		return console.Usage("--aws-secret-key needs --aws-access-key")
	case c.SessionToken != "" && c.AccessKey == "":
		return console.Usage("--aws-session-token needs --aws-access-key and --aws-secret-key")
	case c.RoleARN != "" && !RoleARNPattern.MatchString(c.RoleARN):
		return console.Usage("--role-arn %s: want the ARN of a role, such as arn:aws:iam::123456789012:role/reader", c.RoleARN)
	case c.RoleExternalID != "" && c.RoleARN == "":
		return console.Usage("--role-external-id needs --role-arn")
	case c.RoleSessionName != "" && c.RoleARN == "":
		return console.Usage("--role-session-name needs --role-arn")
	case c.STSEndpoint != "" && c.RoleARN == "":
		return console.UsageHint("for a role that a profile names set AWS_ENDPOINT_URL_STS", "--sts-endpoint needs --role-arn")
	case len(c.RoleExternalID) == 1 || len(c.RoleExternalID) > 1224 || !ExternalIDPattern.MatchString(c.RoleExternalID):
		return console.Usage("--role-external-id %s: want 2 to 1224 letters, digits and _+=,.@:/-", c.RoleExternalID)
	case c.RoleSessionName != "" && !sessionNamePattern.MatchString(c.RoleSessionName):
		return console.Usage("--role-session-name %s: want 2 to 64 letters, digits and _+=,.@-", c.RoleSessionName)
	}
	return nil
}

// Keys are the keys that were given, if any were.
func (c *Connection) Keys() awsclient.Keys {
	return awsclient.Keys{AccessKey: c.AccessKey, SecretKey: c.SecretKey, SessionToken: c.SessionToken}
}

// Role is the role that is to be taken on, if one is.
func (c *Connection) Role() awsclient.Role {
	name := c.RoleSessionName
	if name == "" {
		name = fmt.Sprintf("kin-%d", os.Getpid())
	}
	return awsclient.Role{ARN: c.RoleARN, ExternalID: c.RoleExternalID, SessionName: name, STSEndpoint: c.STSEndpoint}
}

// CommandFlags are the flags of this command that say where the service is and who is
// calling, for commands that messages name. What is set for all commands holds for
// those too, and keys are not repeated.
func (c *Connection) CommandFlags(o SettingSource) []string {
	var words []string
	for _, f := range []struct{ name, value string }{
		{"profile", c.Profile}, {"region", c.Region}, {"endpoint", c.Endpoint},
		{"role-arn", c.RoleARN}, {"role-external-id", c.RoleExternalID}, {"sts-endpoint", c.STSEndpoint},
	} {
		if f.value != "" && (!o.IsSetting(f.name) || o.IsNarrow(f.name)) {
			words = append(words, "--"+f.name, console.ShellWord(f.value))
		}
	}
	return words
}

// AWSOptions are those of a client for the given streams, names or ARNs. Streams that
// are named by ARN bring their region along.
func (c *Connection) AWSOptions(o SettingSource, streams ...string) (awsclient.Options, error) {
	asked := c.Region
	if o.IsSetting("region") {
		asked = "" // a setting is for where nothing else says it, as AWS_REGION is
	}
	region, err := regionOf(streams, asked)
	if err != nil {
		return awsclient.Options{}, err
	}
	if region == "" {
		region = c.Region
	}
	if err := c.Check(); err != nil {
		return awsclient.Options{}, err
	}
	return awsclient.Options{
		Profile:  c.Profile,
		Region:   region,
		Endpoint: c.Endpoint,
		Keys:     c.Keys(),
		Role:     c.Role(),
	}, nil
}

// regionOf returns the region that the ARNs among streams name, or fallback.
func regionOf(streams []string, fallback string) (string, error) {
	region := ""
	for _, s := range streams {
		named := record.ParseStream(s).Region
		if named == "" {
			continue
		}
		if region != "" && region != named {
			return "", console.Usage("streams of one run must be in one region: %s and %s were named", region, named)
		}
		region = named
	}
	if region != "" && fallback != "" && region != fallback {
		return "", console.Usage("--region %s contradicts the region of the stream's ARN, %s", fallback, region)
	}
	if region != "" {
		return region, nil
	}
	return fallback, nil
}

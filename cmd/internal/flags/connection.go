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

// Connection are the flags about the location of the service and the credentials. Every
// command that calls the service has them.
type Connection struct {
	Profile, Region, Endpoint          string
	AccessKey, SecretKey, SessionToken string
	RoleARN, RoleExternalID            string
	RoleSessionName, STSEndpoint       string
}

// AddFlags adds the flags about credentials to a command.
func (c *Connection) AddFlags(f *pflag.FlagSet) {
	const visible = " Other users of the machine can see a command line with ps: a profile or the environment is safer."
	g := GroupConnection.In(f)
	g.Text(&c.AccessKey, "aws-access-key", "the ID of an access key", Help{
		Short: "access key ID, with --aws-secret-key", Value: "key",
		Full: "The ID of an access key. With --aws-secret-key it replaces the credentials that the AWS SDK finds." + visible,
	})
	g.Text(&c.SecretKey, "aws-secret-key", "a secret key", Help{
		Short: "secret key of --aws-access-key", Value: "key",
		Full: "The secret key of --aws-access-key." + visible,
	})
	g.Text(&c.SessionToken, "aws-session-token", "a token", Help{
		Short: "session token of temporary keys", Value: "token",
		Full: "The session token of temporary keys. It needs --aws-access-key and --aws-secret-key." + visible,
	})
	g.Text(&c.RoleARN, "role-arn", "the ARN of a role, such as arn:aws:iam::123456789012:role/reader", Help{
		Short: "IAM role to assume", Value: "ARN",
		Full: "The ARN of an IAM role to assume. kin assumes it with the keys given, or with the credentials that the AWS SDK finds.",
	})
	g.Text(&c.RoleExternalID, "role-external-id", "an external ID", Help{
		Short: "external ID that the role asks for", Value: "ID",
		Full: "The external ID that the role asks for. It needs --role-arn.",
	})
	g.Text(&c.RoleSessionName, "role-session-name", "a name", Help{
		Short: "name of the role's session", Value: "name", Default: "kin-PID",
		Full: "The name of the role's session, which the account's logs show. It needs --role-arn.",
	})
	g.Text(&c.STSEndpoint, "sts-endpoint", WantURL, Help{
		Short: "URL of the STS endpoint, for the role", Value: "URL",
		Full: "The URL of the STS endpoint that gives the role's credentials. AWS_ENDPOINT_URL_STS sets it too. It needs --role-arn.",
	})
}

// AddGlobalFlags adds the flags that every command has to the root.
func (c *Connection) AddGlobalFlags(f *pflag.FlagSet) {
	g := GroupConnection.In(f)
	g.Text(&c.Profile, "profile", "the name of a profile", Help{
		Short: "AWS profile", Value: "name", Default: "from the AWS SDK",
		Full: "The AWS profile that gives the region and the credentials.",
	})
	c.AddRegionFlag(f, "from the ARN or the AWS SDK")
	g.Text(&c.Endpoint, "endpoint", WantURL, Help{
		Short: "URL of the Kinesis endpoint", Value: "URL",
		Full: "The URL of the Kinesis endpoint, in place of AWS's endpoint for the region. AWS_ENDPOINT_URL_KINESIS sets it too.",
	})
}

// AddRegionFlag adds --region with a default in words. A command with another default than
// the root adds it too.
func (c *Connection) AddRegionFlag(f *pflag.FlagSet, byDefault string) {
	GroupConnection.In(f).Text(&c.Region, "region", "a region such as us-east-1", Help{
		Short: "AWS region", Value: "region", Default: byDefault,
		Full: "The AWS region of the streams.",
	})
}

// SettingSource reports which flags have their values from a variable or the configuration
// file.
type SettingSource interface {
	IsSetting(flag string) bool
	IsCommandOnly(flag string) bool // set in the table of a command
}

// The values that AssumeRole accepts (API documentation).
var (
	RoleARNPattern     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	ExternalIDPattern  = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
	sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// Check requires complete pairs of keys, a role's ARN for the other flags about a role, and
// values that AssumeRole accepts. It returns a *console.UsageError, whose message never has
// a key.
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
		return console.UsageHint("if a profile names the role, set AWS_ENDPOINT_URL_STS", "--sts-endpoint needs --role-arn")
	case len(c.RoleExternalID) == 1 || len(c.RoleExternalID) > 1224 || !ExternalIDPattern.MatchString(c.RoleExternalID):
		return console.Usage("--role-external-id %s: want 2 to 1224 letters, digits and _+=,.@:/-", c.RoleExternalID)
	case c.RoleSessionName != "" && !sessionNamePattern.MatchString(c.RoleSessionName):
		return console.Usage("--role-session-name %s: want 2 to 64 letters, digits and _+=,.@-", c.RoleSessionName)
	}
	return nil
}

// Keys returns the keys of the flags; it is empty if none were given.
func (c *Connection) Keys() awsclient.Keys {
	return awsclient.Keys{AccessKey: c.AccessKey, SecretKey: c.SecretKey, SessionToken: c.SessionToken}
}

// Role returns the role to assume. Its ARN is empty without --role-arn.
func (c *Connection) Role() awsclient.Role {
	name := c.RoleSessionName
	if name == "" {
		name = fmt.Sprintf("kin-%d", os.Getpid())
	}
	return awsclient.Role{ARN: c.RoleARN, ExternalID: c.RoleExternalID, SessionName: name, STSEndpoint: c.STSEndpoint}
}

// CommandFlags returns the flags about service and credentials for command lines in
// messages. It omits keys, and values from settings that apply to every command.
func (c *Connection) CommandFlags(o SettingSource) []string {
	var words []string
	for _, f := range []struct{ name, value string }{
		{"profile", c.Profile}, {"region", c.Region}, {"endpoint", c.Endpoint},
		{"role-arn", c.RoleARN}, {"role-external-id", c.RoleExternalID}, {"sts-endpoint", c.STSEndpoint},
	} {
		if f.value != "" && (!o.IsSetting(f.name) || o.IsCommandOnly(f.name)) {
			words = append(words, "--"+f.name, console.ShellWord(f.value))
		}
	}
	return words
}

// AWSOptions returns the options of a client for the given streams, which are names or
// ARNs. The region of an ARN overrides a region from the settings, and must agree with
// --region.
func (c *Connection) AWSOptions(o SettingSource, streams ...string) (awsclient.Options, error) {
	given := c.Region
	if o.IsSetting("region") {
		given = "" // a setting, like AWS_REGION, is only the default
	}
	region, err := regionOf(streams, given)
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

// regionOf returns the region of the ARNs among streams, or fallback if there are none. It
// returns a *console.UsageError if they differ.
func regionOf(streams []string, fallback string) (string, error) {
	region := ""
	for _, s := range streams {
		named := record.ParseStream(s).Region
		if named == "" {
			continue
		}
		if region != "" && region != named {
			return "", console.Usage("all streams of a run must be in one region: got %s and %s", region, named)
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

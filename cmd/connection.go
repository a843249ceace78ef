package cmd

import (
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/internal/awsclient"
)

// connection holds the flags about credentials, of every command that calls
// the service.
type connection struct {
	accessKey, secretKey, sessionToken string
	roleARN, roleExternalID            string
	roleSessionName, stsEndpoint       string
}

func addConnectionFlags(f *pflag.FlagSet, c *connection) {
	const visible = "; a command line is visible to ps: a profile or the environment is better"
	flags.TextVar(f, &c.accessKey, "aws-access-key", "the ID of an access key", "access `key` ID, with --aws-secret-key in place of the credentials that the AWS SDK finds"+visible)
	flags.TextVar(f, &c.secretKey, "aws-secret-key", "a secret key", "secret `key` of --aws-access-key"+visible)
	flags.TextVar(f, &c.sessionToken, "aws-session-token", "a token", "`token` of temporary keys"+visible)
	flags.TextVar(f, &c.roleARN, "role-arn", "the ARN of a role, such as arn:aws:iam::123456789012:role/reader", "`ARN` of an IAM role to take on, with the keys given or those that the AWS SDK finds")
	flags.TextVar(f, &c.roleExternalID, "role-external-id", "an external ID", "the external `ID` that the role asks for")
	flags.TextVar(f, &c.roleSessionName, "role-session-name", "a name", "`name` of the role's session, which the account's logs will show (default: kin-PID)")
	flags.TextVar(f, &c.stsEndpoint, "sts-endpoint", flags.WantURL, "`URL` of the service that gives the role's credentials (also AWS_ENDPOINT_URL_STS)")
}

var (
	roleARNPattern     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	externalIDPattern  = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
	sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// check wants whole pairs, nothing about a role without its ARN, and what
// AssumeRole takes (API documentation). It never says a key.
func (c connection) check() error {
	switch {
	case c.accessKey != "" && c.secretKey == "":
		return console.Usage("--aws-access-key needs --aws-secret-key")
	case c.secretKey != "" && c.accessKey == "":
		return console.Usage("--aws-secret-key needs --aws-access-key")
	case c.sessionToken != "" && c.accessKey == "":
		return console.Usage("--aws-session-token needs --aws-access-key and --aws-secret-key")
	case c.roleARN != "" && !roleARNPattern.MatchString(c.roleARN):
		return console.Usage("--role-arn %s: want the ARN of a role, such as arn:aws:iam::123456789012:role/reader", c.roleARN)
	case c.roleExternalID != "" && c.roleARN == "":
		return console.Usage("--role-external-id needs --role-arn")
	case c.roleSessionName != "" && c.roleARN == "":
		return console.Usage("--role-session-name needs --role-arn")
	case c.stsEndpoint != "" && c.roleARN == "":
		return console.UsageHint("for a role that a profile names set AWS_ENDPOINT_URL_STS", "--sts-endpoint needs --role-arn")
	case len(c.roleExternalID) == 1 || len(c.roleExternalID) > 1224 || !externalIDPattern.MatchString(c.roleExternalID):
		return console.Usage("--role-external-id %s: want 2 to 1224 letters, digits and _+=,.@:/-", c.roleExternalID)
	case c.roleSessionName != "" && !sessionNamePattern.MatchString(c.roleSessionName):
		return console.Usage("--role-session-name %s: want 2 to 64 letters, digits and _+=,.@-", c.roleSessionName)
	}
	return nil
}

func (c connection) keys() awsclient.Keys {
	return awsclient.Keys{AccessKey: c.accessKey, SecretKey: c.secretKey, SessionToken: c.sessionToken}
}

func (c connection) role() awsclient.Role {
	name := c.roleSessionName
	if name == "" {
		name = fmt.Sprintf("kin-%d", os.Getpid())
	}
	return awsclient.Role{ARN: c.roleARN, ExternalID: c.roleExternalID, SessionName: name, STSEndpoint: c.stsEndpoint}
}

// placeFlags are the flags of this command that say where the service is and who
// is calling, for commands that messages tell: what is set for all commands holds
// for those too, and keys are not repeated.
func (e *env) placeFlags() []string {
	var words []string
	for _, f := range []struct{ name, value string }{
		{"profile", e.profile}, {"region", e.region}, {"endpoint", e.endpoint},
		{"role-arn", e.connection.roleARN}, {"role-external-id", e.connection.roleExternalID}, {"sts-endpoint", e.connection.stsEndpoint},
	} {
		if f.value != "" && (e.origins[f.name] == "" || e.narrow[f.name]) {
			words = append(words, "--"+f.name, console.ShellWord(f.value))
		}
	}
	return words
}

// noConnectionSettings are the variables with which a kin below this one asks
// the AWS SDK alone where the service is and who is calling: the user's own
// settings may lead elsewhere.
func noConnectionSettings() []string {
	variables := []string{variableOf("profile") + "=", variableOf("region") + "=", variableOf("endpoint") + "="}
	var f pflag.FlagSet
	addConnectionFlags(&f, &connection{})
	(&destination{}).addFlags(&f)
	f.VisitAll(func(flag *pflag.Flag) { variables = append(variables, variableOf(flag.Name)+"=") })
	return variables
}

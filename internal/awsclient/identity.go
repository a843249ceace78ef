package awsclient

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Identity is the caller that the credentials belong to.
type Identity struct {
	ARN, Account string
	Source       string // of the credentials, as text for messages
}

// ErrNoSTS means that kin knows no STS endpoint that could identify the caller.
var ErrNoSTS = errors.New("no STS endpoint is known")

// identifyTimeout limits the call of Identify.
const identifyTimeout = 10 * time.Second

// Identify calls STS's GetCallerIdentity once. The call needs no permission (API
// documentation, GetCallerIdentity). foreign means that the credentials are not for AWS's
// STS: without another STS endpoint the error is then ErrNoSTS. The result has a Source, even
// with an error, if credentials were retrieved. Other errors are those of New and of the
// call.
func Identify(ctx context.Context, o Options, foreign bool) (Identity, error) {
	cfg, credentials, err := configure(ctx, o)
	if err != nil {
		return Identity{}, err
	}
	key, err := credentials.Retrieve(ctx)
	if err != nil {
		return Identity{}, err
	}
	who := Identity{Source: sourceText(key.Source)}
	client := sts.NewFromConfig(cfg, func(s *sts.Options) {
		s.HTTPClient = wholeBodies(cfg.HTTPClient)
		s.Retryer, s.RetryMaxAttempts = retriesRefusals{}, 0
		s.APIOptions = append(s.APIOptions, addRetries(credentials))
		if o.Role.STSEndpoint != "" {
			s.BaseEndpoint = aws.String(o.Role.STSEndpoint)
		}
	})
	if foreign && client.Options().BaseEndpoint == nil {
		return who, ErrNoSTS
	}
	ctx, cancel := context.WithTimeout(ctx, identifyTimeout)
	defer cancel()
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return who, err
	}
	who.ARN, who.Account = aws.ToString(out.Arn), aws.ToString(out.Account)
	return who, nil
}

// sourceText returns the text for messages of a source of credentials. source is the name of
// the SDK's provider; some have a file name after a colon.
func sourceText(source string) string {
	name, _, _ := strings.Cut(source, ":")
	switch name {
	case "EnvConfigCredentials":
		return "the environment"
	case "SharedConfigCredentials":
		return "a profile"
	case "StaticCredentials":
		return "the given keys"
	case "EC2RoleProvider":
		return "the instance profile"
	case "CredentialsEndpointProvider":
		return "the container"
	case "AssumeRoleProvider":
		return "an assumed role"
	case "WebIdentityCredentials":
		return "a web identity"
	case "SSOProvider":
		return "IAM Identity Center"
	case "LoginProvider":
		return "aws login"
	case "ProcessProvider":
		return "a credential process"
	case "":
		return "an unnamed source"
	}
	return name
}

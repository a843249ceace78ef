package awsclient

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Identity is who is calling.
type Identity struct {
	ARN, Account string
	Source       string // of the credentials, in words
}

// ErrNoSTS means that nobody can be asked who is calling.
var ErrNoSTS = errors.New("no endpoint of STS is known")

// identifyFor bounds the call of Identify.
const identifyFor = 10 * time.Second

// Identify asks STS who is calling with these options; no permission is needed
// for that (API documentation, GetCallerIdentity). With foreign, credentials are
// not for AWS's own STS, and without the endpoint of another one the error is
// ErrNoSTS. Source is there whenever there are credentials. Other errors are
// those of New and of the call, which is made once.
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
	ctx, cancel := context.WithTimeout(ctx, identifyFor)
	defer cancel()
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return who, err
	}
	who.ARN, who.Account = aws.ToString(out.Arn), aws.ToString(out.Account)
	return who, nil
}

// sourceText says where the SDK has found credentials. Its names are those of
// its providers, some with a file's behind a colon.
func sourceText(source string) string {
	name, _, _ := strings.Cut(source, ":")
	switch name {
	case "EnvConfigCredentials":
		return "the environment"
	case "SharedConfigCredentials":
		return "a profile"
	case "StaticCredentials":
		return "the keys that were given"
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

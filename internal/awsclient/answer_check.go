package awsclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go/middleware"
)

// checkCredentialAnswers turns answers with incomplete credentials into errors. The SDK's
// providers do not check them and panic.
func checkCredentialAnswers(stack *middlewareStack) error {
	return stack.Initialize.Add(credentialAnswers{}, middleware.Before)
}

type credentialAnswers struct{}

func (credentialAnswers) ID() string { return "KinCredentialAnswers" }

func (credentialAnswers) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleInitialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	now, dated := awsmiddleware.GetServerTime(metadata)
	if !dated {
		now = time.Now()
	}
	switch answer := out.Result.(type) {
	case *sts.AssumeRoleOutput:
		err = checkSTSCredentials(answer.Credentials, now)
	case *sts.AssumeRoleWithWebIdentityOutput:
		err = checkSTSCredentials(answer.Credentials, now)
	case *sso.GetRoleCredentialsOutput:
		if c := answer.RoleCredentials; c == nil {
			err = errNoCredentials
		} else {
			at := time.UnixMilli(c.Expiration)
			err = checkCredentials(c.AccessKeyId, c.SecretAccessKey, c.SessionToken, &at, now)
		}
	case *signin.CreateOAuth2TokenOutput:
		if answer.TokenOutput == nil || answer.TokenOutput.AccessToken == nil || answer.TokenOutput.ExpiresIn == nil {
			err = errNoCredentials
		} else if c := answer.TokenOutput.AccessToken; aws.ToString(c.AccessKeyId) == "" || aws.ToString(c.SecretAccessKey) == "" || aws.ToString(c.SessionToken) == "" {
			err = errHalfCredentials
		}
	}
	return out, metadata, err
}

// AnswerError means that an answer has no usable credentials.
type AnswerError struct{ Reason string }

func (e *AnswerError) Error() string { return e.Reason }

var (
	errNoCredentials   = &AnswerError{"the answer has no credentials"}
	errHalfCredentials = &AnswerError{"the answer has only a part of the credentials"}
)

// checkSTSCredentials checks the credentials of an STS answer; now is STS's clock. If this
// machine's clock is wrong, the expiration is shifted to this machine's clock. Otherwise a
// clock ahead of STS's makes new credentials look expired, and every call requests new ones.
func checkSTSCredentials(c *ststypes.Credentials, now time.Time) error {
	if c == nil {
		return errNoCredentials
	}
	if err := checkCredentials(c.AccessKeyId, c.SecretAccessKey, c.SessionToken, c.Expiration, now); err != nil {
		return err
	}
	if off := time.Until(now); max(off, -off) > skewThreshold {
		c.Expiration = aws.Time(c.Expiration.Add(-off))
	}
	return nil
}

// lastYear is the last plausible year of an expiration. AWS's sessions last at most 36
// hours; other servers issue credentials for centuries.
const lastYear = 2999

func checkCredentials(id, secret, token *string, expires *time.Time, now time.Time) error {
	switch {
	case aws.ToString(id) == "" && aws.ToString(secret) == "" && aws.ToString(token) == "":
		return errNoCredentials
	case aws.ToString(id) == "" || aws.ToString(secret) == "" || aws.ToString(token) == "":
		return errHalfCredentials
	case expires == nil:
		return &AnswerError{"the answer does not say when the credentials expire"}
	case !expires.After(now):
		return &AnswerError{fmt.Sprintf("the credentials in the answer expired at %s", expires.UTC().Format(time.RFC3339))}
	case expires.Year() > lastYear:
		return &AnswerError{fmt.Sprintf("the credentials in the answer expire at %s, which is not plausible", expires.UTC().Format(time.RFC3339))}
	}
	return nil
}

// isAnswerError reports whether an answer had no usable credentials.
func isAnswerError(err error) bool {
	var answer *AnswerError
	return errors.As(err, &answer)
}

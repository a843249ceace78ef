package awsclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// countingProvider is a provider that counts its calls.
type countingProvider struct {
	n      int                                    // calls so far
	answer func(ctx context.Context, n int) error // the error of call n
}

func (a *countingProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	a.n++
	return aws.Credentials{}, a.answer(ctx, a.n)
}

// A source that never answers and ignores its context is reported. The wait ends after kin's
// limit or at the caller's deadline.
func TestFault12ASourceThatHangsIsReportedAndAbandoned(t *testing.T) {
	for name, c := range map[string]struct {
		source          Source
		role            Role
		message, reason string
	}{
		"process":   {Source{Kind: Process, Profile: "p"}, Role{}, "still waiting for the credentials of profile p (credential_process)", "no AWS credentials: the credential process did not end in time"},
		"container": {Source{Kind: Container}, Role{}, "still waiting for the credentials of the container", "no AWS credentials: the container's credentials endpoint did not answer"},
		"role":      {Source{Kind: EnvironmentKeys}, Role{ARN: role}, "still waiting for the credentials of role " + role + " (AssumeRole)", "assume role " + role + ": no answer"},
		"profile's role": {Source{Kind: ProfileKeys, Profile: "p", Role: role}, Role{},
			"still waiting for the credentials of profile p (AssumeRole)", "no AWS credentials: AssumeRole of " + role + ": no answer"},
		"sso":          {Source{Kind: SSO}, Role{}, "still waiting for the credentials of the default profile (IAM Identity Center)", "no AWS credentials: IAM Identity Center did not answer"},
		"web identity": {Source{Kind: WebIdentity}, Role{}, "still waiting for the credentials of the default profile (AssumeRoleWithWebIdentity)", "no AWS credentials: AssumeRoleWithWebIdentity: no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, within := range []time.Duration{0, 4 * time.Second} {
				synctest.Test(t, func(t *testing.T) {
					done := make(chan struct{})
					defer close(done)
					provider := &countingProvider{answer: func(context.Context, int) error { <-done; return nil }}
					var messages []string
					ctx := t.Context()
					if within > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, within)
						defer cancel()
					}
					err := firstCredentials(ctx, provider, c.source, c.role, func(s string) { messages = append(messages, s) })
					if within > 0 {
						if err == nil || briefly(err) != c.reason || len(messages) != 0 {
							t.Errorf("within %s: got %v, messages %q, want %s", within, err, messages, c.reason)
						}
						return
					}
					var gaveUp *SourceTimeoutError
					if !errors.As(err, &gaveUp) || err.Error() != "gave up after 30s: "+c.reason {
						t.Errorf("got %v, want %s", err, c.reason)
					}
					if len(messages) != 1 || messages[0] != c.message {
						t.Errorf("messages %q, want %s", messages, c.message)
					}
				})
			}
		})
	}
}

// If a signal cancels the start, the error is the cause of the context.
func TestFault12ASignalEndsTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		defer close(done)
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stopped) })
		provider := &countingProvider{answer: func(context.Context, int) error { <-done; return nil }}
		if err := firstCredentials(ctx, provider, Source{Kind: Process}, Role{}, func(string) {}); !errors.Is(err, stopped) {
			t.Errorf("got %v", err)
		}
	})
}

// Transient failures are retried until kin's limit. Refusals are not retried.
func TestFault17OnlyTransientFailuresAreRetriedAtTheStart(t *testing.T) {
	answered := func(status int, err error) error {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
	}
	for name, c := range map[string]struct {
		err     error
		retried bool
		want    string
	}{
		"throttled":     {answered(400, &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}), true, "Throttling: Rate exceeded"},
		"empty 500":     {answered(500, &smithy.GenericAPIError{Code: "UnknownError", Message: "UnknownError"}), true, "the answer did not come from STS (HTTP status 500)"},
		"page":          {answered(404, &smithy.GenericAPIError{Code: "UnknownError", Message: "UnknownError"}), true, "the answer did not come from STS (HTTP status 404)"},
		"html":          {answered(200, &smithy.DeserializationError{Err: errors.New("a\nb")}), true, "the answer did not come from STS"},
		"proxy 502":     {&ProxyError{Status: 502, text: "the proxy is busy"}, true, "the proxy is busy"},
		"proxy 407":     {&ProxyError{Status: 407, text: "the proxy refused"}, false, "the proxy refused"},
		"denied":        {answered(403, &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}), false, "AccessDenied: no"},
		"no credential": {errNoCredentials, false, "the answer has no credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				provider := &countingProvider{answer: func(context.Context, int) error { return &RoleError{role, c.err, Source{}} }}
				err := firstCredentials(t.Context(), provider, Source{}, Role{ARN: role}, func(string) {})
				var gaveUp *SourceTimeoutError
				if errors.As(err, &gaveUp) != c.retried || (provider.n > 3) != c.retried {
					t.Errorf("%d attempts, then %v", provider.n, err)
				}
				if err == nil || !strings.HasSuffix(err.Error(), "assume role "+role+": "+c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				provider = &countingProvider{answer: func(_ context.Context, n int) error {
					if n == 3 {
						return nil
					}
					return &RoleError{role, c.err, Source{}}
				}}
				if err := firstCredentials(t.Context(), provider, Source{}, Role{ARN: role}, func(string) {}); (err == nil) != c.retried {
					t.Errorf("third attempt succeeds: got %v", err)
				}
			})
		})
	}
}

// A machine without an instance profile has no credentials. kin does not wait for them.
func TestFault12MissingInstanceProfileIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &countingProvider{answer: func(context.Context, int) error {
			return &CredentialsError{&smithyhttp.RequestSendError{Err: io.EOF}, Source{}}
		}}
		if err := firstCredentials(t.Context(), provider, Source{}, Role{}, func(string) {}); err == nil || provider.n != instanceAttempts {
			t.Errorf("%d attempts, %v", provider.n, err)
		}
	})
}

// An answer that did not come from STS has an error of one line. The test uses the real
// client.
func TestFault17ForeignAnswersForSTSAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body, want string
	}{
		"html":           {200, "<html><body>hi</body></html>", "the answer did not come from STS"},
		"truncated":      {200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><Acc", "the answer did not come from STS"},
		"bad expiration": {200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><Expiration>yesterday</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>", "the answer did not come from STS"},
		"404":            {404, "nope", "the answer did not come from STS (HTTP status 404)"},
	} {
		t.Run(name, func(t *testing.T) {
			withKeys(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			cfg, source, err := load(ctx, Options{Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = credentialsOf(cfg, source, Role{ARN: role, SessionName: "kin-1", STSEndpoint: server.URL}).Retrieve(ctx)
			if err = retrieveError(err, source); err.Error() != "assume role "+role+": "+c.want || !isRetried(err, source, 0) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// kin does not wait for a child of a credential process that holds its output open.
func TestFault12AChildThatHoldsTheOutputIsNotWaitedFor(t *testing.T) {
	for command, want := range map[string]string{
		`sleep 100 & echo '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s"}'`: "",
		`sleep 100 & echo broken >&2; exit 3`:                                         "the credential process failed: exit status 3: broken",
	} {
		c, err := process{command}.Retrieve(t.Context())
		switch {
		case want == "" && (err != nil || c.AccessKeyID != "AKIA"):
			t.Errorf("%s: %v", command, err)
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("%s: got %v, want %s", command, err, want)
		}
	}
}

// The start ends at the caller's deadline, even if a credential process does not end.
func TestFault12TheDeadlineEndsTheProcess(t *testing.T) {
	cleanEnvironment(t)
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("[profile p]\nregion = us-east-1\ncredential_process = exec sleep 100\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _, err := newKinesis(ctx, Options{Profile: "p"})
	if err == nil || briefly(err) != "no AWS credentials: the credential process did not end in time" {
		t.Errorf("got %v", err)
	}
}

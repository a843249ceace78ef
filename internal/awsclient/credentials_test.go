package awsclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
)

// localService plays STS and Kinesis at one address. It remembers the forms that
// STS got and who signed what.
type localService struct {
	*httptest.Server
	lasts   time.Duration // of the credentials it gives
	denies  bool
	expired map[string]bool // access keys that have
	// onExpired is called when one of those is refused; nil does nothing.
	onExpired func()
	forms     []url.Values
	signers   []string // the access key of each call, STS's first
	tokens    []string
}

func newService(t *testing.T) *localService {
	s := &localService{lasts: time.Hour}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, key, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		key, _, _ = strings.Cut(key, "/")
		s.signers = append(s.signers, key)
		s.tokens = append(s.tokens, r.Header.Get("X-Amz-Security-Token"))
		kinesis := r.Header.Get("X-Amz-Target") != ""
		if s.expired[key] {
			w.WriteHeader(http.StatusForbidden)
			if s.onExpired != nil {
				s.onExpired()
			}
			if kinesis {
				_, _ = io.WriteString(w, `{"__type":"ExpiredTokenException"}`)
			} else {
				_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>ExpiredToken</Code><Message>old</Message></Error></ErrorResponse>`)
			}
			return
		}
		if kinesis {
			_, _ = io.WriteString(w, `{"Shards":[]}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		s.forms = append(s.forms, form)
		if s.denies {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>`)
			return
		}
		_, _ = fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA%d</AccessKeyId>
			<SecretAccessKey>rolesecret</SecretAccessKey><SessionToken>roletoken</SessionToken><Expiration>%s</Expiration>
			</Credentials></AssumeRoleResult></AssumeRoleResponse>`, len(s.forms), time.Now().Add(s.lasts).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *localService) list(t *testing.T, client *kinesis.Client) {
	t.Helper()
	if _, err := client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
}

const role = "arn:aws:iam::123456789012:role/reader"

func TestGivenKeysAreUsedInPlaceOfTheEnvironments(t *testing.T) {
	withKeys(t)
	s := newService(t)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Keys: Keys{"AKIA1", "secret", "token"}})
	if err != nil {
		t.Fatal(err)
	}
	s.list(t, client)
	if got := s.signers[0] + " " + s.tokens[0]; got != "AKIA1 token" {
		t.Errorf("signed by %s", got)
	}
	var missing *CredentialsError
	if _, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Keys: Keys{AccessKey: "AKIA1"}}); !errors.As(err, &missing) {
		t.Errorf("half a pair: %v", err)
	}
}

func TestARoleIsTakenOnWithWhatIsFoundOrGiven(t *testing.T) {
	for _, c := range []struct {
		keys   Keys
		role   Role
		signer string
		form   url.Values
	}{
		{Keys{}, Role{ARN: role, SessionName: "kin-1"}, "kin",
			url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {role}, "RoleSessionName": {"kin-1"}, "DurationSeconds": {"900"}}},
		{Keys{AccessKey: "AKIA1", SecretKey: "secret"}, Role{ARN: role, SessionName: "kin-1", ExternalID: "theirs"}, "AKIA1",
			url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {role}, "RoleSessionName": {"kin-1"}, "DurationSeconds": {"900"}, "ExternalId": {"theirs"}}},
	} {
		withKeys(t)
		s := newService(t)
		t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
		client, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Keys: c.keys, Role: c.role})
		if err != nil {
			t.Fatal(err)
		}
		s.list(t, client)
		s.list(t, client)
		if got := strings.Join(s.signers, ",") + " " + s.tokens[2]; got != c.signer+",ASIA1,ASIA1 roletoken" {
			t.Errorf("signed by %s", got)
		}
		if got := s.forms[0].Encode(); got != c.form.Encode() {
			t.Errorf("STS was asked %s, want %s", got, c.form.Encode())
		}
	}
}

func TestTheSTSEndpointThatIsGivenGoesFirst(t *testing.T) {
	withKeys(t)
	s := newService(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
	if _, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}}); err != nil {
		t.Error(err)
	}
	var bad *ConfigError
	if _, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, STSEndpoint: "127.0.0.1:1"}}); !errors.As(err, &bad) {
		t.Errorf("got %v", err)
	}
}

func TestCredentialsOfARoleAreRenewedBeforeTheyExpire(t *testing.T) {
	withKeys(t)
	s := newService(t)
	s.lasts = renewBefore - 5*time.Second
	client, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}})
	if err != nil {
		t.Fatal(err)
	}
	s.lasts = time.Hour
	s.list(t, client)
	s.list(t, client)
	if got := strings.Join(s.signers, ","); got != "kin,kin,ASIA2,ASIA2" {
		t.Errorf("signed by %s", got)
	}

	// Refused in the middle of a run, the call says so.
	s.lasts = time.Second
	client, _, err = newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}})
	if err != nil {
		t.Fatal(err)
	}
	s.denies = true
	_, err = client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")})
	var refused *RoleError
	if !errors.As(err, &refused) || refused.ARN != role {
		t.Errorf("got %v", err)
	}
}

func TestARoleThatCannotBeTakenOn(t *testing.T) {
	withKeys(t)
	s := newService(t)
	s.denies = true
	_, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}})
	var refused *RoleError
	var api smithy.APIError
	if !errors.As(err, &refused) || refused.Error() != "assume role "+role+": AccessDenied: not you" || !errors.As(err, &api) {
		t.Errorf("got %v", err)
	}
	clean(t) // and without credentials to take it on with
	var missing *CredentialsError
	if _, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, STSEndpoint: s.URL}}); !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
	withKeys(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	cancel(cause)
	if _, _, err := newKinesis(ctx, Options{Endpoint: s.URL, Role: Role{ARN: role, STSEndpoint: s.URL}}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

// Neither keys nor what STS gave may be in the log, whatever the SDK says.
func TestTheLogHoldsNoSecrets(t *testing.T) {
	withKeys(t)
	s := newService(t)
	var log bytes.Buffer
	client, _, err := newKinesis(t.Context(), Options{
		Endpoint: s.URL,
		Keys:     Keys{"AKIA1", "mysecret", "mytoken"},
		Role:     Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL},
		Log:      slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.list(t, client)
	for _, secret := range []string{"mysecret", "mytoken", "rolesecret", "roletoken"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %s:\n%s", secret, log.String())
		}
	}
}

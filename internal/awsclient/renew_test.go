package awsclient

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"

	"kin/internal/service"
)

var (
	errHalfFile = &ConfigError{errors.New("half a file")}
	tokenSource = Source{Kind: ProfileKeys, Temporary: true}
)

// fixedKeys returns a provider that never fails.
func fixedKeys(id string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(id, "s", "t")
}

// failingProvider is a provider that always fails.
type failingProvider struct{ err error }

func (n failingProvider) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, n.err
}

// kin reads a file again for a short time if another program is writing it.
func TestFault12ReloadTriesAgainWhileFilesAreWritten(t *testing.T) {
	type result struct {
		provider aws.CredentialsProvider
		source   Source
		err      error
	}
	whole := result{fixedKeys("NEW"), tokenSource, nil}
	for name, c := range map[string]struct {
		first result
		times int  // loads that return first; later loads succeed
		fails bool // the reload fails
		loads int  // expected number of loads
	}{
		"profile gone":       {result{nil, Source{}, errHalfFile}, 3, false, 4},
		"keys gone":          {result{failingProvider{errors.New("no instance profile")}, Source{}, nil}, 3, false, 4},
		"token gone":         {result{fixedKeys("NEW"), Source{Kind: ProfileKeys}, nil}, 3, false, 4},
		"profile stays gone": {result{nil, Source{}, errHalfFile}, 9, true, 5},
		"keys stay gone":     {result{failingProvider{errors.New("no instance profile")}, Source{}, nil}, 9, true, 5},
		"token stays gone":   {result{fixedKeys("NEW"), Source{Kind: ProfileKeys}, nil}, 9, false, 5},
		"instance profile":   {result{fixedKeys("NEW"), Source{}, nil}, 9, false, 1},
		"other error":        {result{nil, Source{}, &CredentialsError{errors.New("no"), Source{}}}, 9, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				loads := 0
				r := newRenewable(fixedKeys("OLD"), tokenSource, func(context.Context) (aws.CredentialsProvider, Source, error) {
					if loads++; loads <= c.times {
						return c.first.provider, c.first.source, c.first.err
					}
					return whole.provider, whole.source, whole.err
				})
				err := r.renew(t.Context(), 1)
				got, retrieveErr := r.Retrieve(t.Context())
				want := "NEW"
				if c.fails {
					want = "OLD"
				}
				if (err != nil) != c.fails || retrieveErr != nil || got.AccessKeyID != want || loads != c.loads {
					t.Errorf("%v, %v; key %s, want %s; %d loads, want %d", err, retrieveErr, got.AccessKeyID, want, loads, c.loads)
				}
			})
		})
	}
}

// After a failed reload the error of the call is still the refusal. The next refused call
// reloads again.
func TestFault12FailedReloadReturnsTheRefusal(t *testing.T) {
	for name, broken := range map[string]string{"no profile": "", "truncated": "[p]\naws_access"} {
		t.Run(name, func(t *testing.T) {
			cleanEnvironment(t)
			file := func(text string) {
				if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			file("[p]\naws_access_key_id = OLD\naws_secret_access_key = s\naws_session_token = t\n")
			endpoint := newCheckingEndpoint(t)
			client, _, err := newKinesis(t.Context(), Options{Endpoint: endpoint.URL, Profile: "p"})
			if err != nil {
				t.Fatal(err)
			}
			endpoint.valid = "NEW"
			file(broken)
			_, err = client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")})
			var refused *RefusedError
			var config *ConfigError
			var api smithy.APIError
			if !errors.As(err, &refused) || !errors.As(err, &api) || api.ErrorCode() != "ExpiredTokenException" || errors.As(err, &config) {
				t.Fatalf("got %v", err)
			}
			if !errors.As(refused.Reload, &config) || refused.Source.Profile != "p" || len(endpoint.seen) != 1 {
				t.Errorf("reload: %v, source %+v, calls %q", refused.Reload, refused.Source, endpoint.seen)
			}
			file("[p]\naws_access_key_id = NEW\naws_secret_access_key = s\naws_session_token = t\n")
			if _, err := client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")}); err != nil {
				t.Error(err)
			}
		})
	}
}

// The same holds if STS refuses the credentials that a role is assumed with.
func TestFault12FailedReloadReturnsTheRefusalOfARole(t *testing.T) {
	cleanEnvironment(t)
	writeKeys(t, "OLD")
	s := newService(t)
	s.expired = map[string]bool{"OLD": true}
	s.onExpired = func() { _ = os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), nil, 0o600) }
	_, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}})
	var refused *RefusedError
	var denied *RoleError
	if !errors.As(err, &denied) || !errors.As(err, &refused) || !isConfigError(refused.Reload) || !isExpired(err) || len(s.signers) != 1 {
		t.Errorf("got %v; signed by %q", err, s.signers)
	}
}

// A call whose refusal arrives after a failed reload gets that reload's error: the keys in use
// are still the refused ones.
func TestFault12LaterCallsGetTheErrorOfTheReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		var err error = errHalfFile
		r := newRenewable(fixedKeys("OLD"), tokenSource, func(context.Context) (aws.CredentialsProvider, Source, error) {
			loads++
			return fixedKeys("NEW"), tokenSource, err
		})
		first := r.renew(t.Context(), 1)
		tries := loads
		if second := r.renew(t.Context(), 1); first == nil || second != first || loads != tries {
			t.Errorf("the first call got %v, the second %v; %d loads, want %d", first, second, loads, tries)
		}
		err = nil
		if first, second := r.renew(t.Context(), 2), r.renew(t.Context(), 2); first != nil || second != nil || loads != tries+1 {
			t.Errorf("after a successful reload: %v, %v; %d loads, want %d", first, second, loads, tries+1)
		}
	})
}

// Calls do not wait longer than reloadTimeout for a reload that hangs. The reload continues,
// and no second one is started.
func TestFault12HangingReloadEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads, opened := 0, make(chan struct{})
		r := newRenewable(fixedKeys("OLD"), tokenSource, func(context.Context) (aws.CredentialsProvider, Source, error) {
			loads++
			<-opened // like opening a file on a dead server
			return fixedKeys("NEW"), tokenSource, nil
		})
		for range 3 {
			began := time.Now()
			err := r.renew(t.Context(), 1)
			var found *CredentialsError
			if !errors.As(err, &found) || found.Permanent() || !found.Unsent() || time.Since(began) != reloadTimeout {
				t.Fatalf("got %v after %s", err, time.Since(began))
			}
			if want := "no AWS credentials: the service refused the credentials, and the AWS configuration could not be read again in time"; found.Brief() != want {
				t.Errorf("got %q", found.Brief())
			}
		}
		close(opened)
		synctest.Wait()
		if c, err := r.Retrieve(t.Context()); err != nil || c.AccessKeyID != "NEW" || loads != 1 {
			t.Errorf("key %q, %v, %d loads", c.AccessKeyID, err, loads)
		}
	})
}

// If the call that started a reload is cancelled, other calls still get the reload's result.
func TestFault12CancelledCallDoesNotCancelTheReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		r := newRenewable(fixedKeys("OLD"), tokenSource, func(ctx context.Context) (aws.CredentialsProvider, Source, error) {
			loads++
			return fixedKeys("NEW"), tokenSource, service.Sleep(ctx, 5*time.Second)
		})
		ctx, cancel := context.WithCancel(t.Context())
		first, others := make(chan error, 1), make(chan error, 20)
		go func() { first <- r.renew(ctx, 1) }()
		synctest.Wait()
		for range cap(others) {
			go func() { others <- r.renew(t.Context(), 1) }()
		}
		synctest.Wait()
		cancel()
		var found *CredentialsError
		if err := <-first; !errors.As(err, &found) || !errors.Is(err, context.Canceled) || found.Permanent() {
			t.Errorf("the cancelled call got %v", err)
		}
		for range cap(others) {
			if err := <-others; err != nil {
				t.Errorf("another call got %v", err)
			}
		}
		if c, err := r.Retrieve(t.Context()); err != nil || c.AccessKeyID != "NEW" || loads != 1 {
			t.Errorf("key %q, %v, %d loads", c.AccessKeyID, err, loads)
		}
	})
}

// If a call ends while it waits for credentials, nothing was sent and its error is unsent.
func TestFault12CallThatWaitsForCredentialsIsUnsent(t *testing.T) {
	for name, end := range map[string]error{"deadline": context.DeadlineExceeded, "cancel": context.Canceled} {
		for _, source := range []Source{{Kind: Process}, {Kind: ProfileKeys, Role: role}} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				if end == context.DeadlineExceeded {
					ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				}
				defer cancel()
				slow := aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
					return aws.Credentials{}, service.Sleep(ctx, time.Minute)
				}))
				r := newRenewable(slow, source, nil)
				done := make(chan error, 1)
				go func() { _, err := r.Retrieve(ctx); done <- err }()
				synctest.Wait()
				if name == "cancel" {
					cancel()
				}
				err := <-done
				var found *CredentialsError
				if !errors.As(err, &found) || !errors.Is(err, end) || !found.Unsent() || found.Permanent() {
					t.Errorf("%s: %v", name, err)
				} else if name == "deadline" && found.Brief() != "no AWS credentials: the source of the credentials did not answer in time" {
					t.Errorf("%s: %s", name, found.Brief())
				}
				time.Sleep(time.Hour) // the source ends
			})
		}
	}
}

package awsclient

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
)

var (
	errHalfFile = &ConfigError{errors.New("half a file")}
	tokenSource = Source{Kind: ProfileKeys, Temporary: true}
)

// keysOf are credentials that never fail.
func keysOf(id string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(id, "s", "t")
}

// noKeys are credentials that are not there.
type noKeys struct{ err error }

func (n noKeys) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials{}, n.err }

// A file that another program is writing is read again for a moment.
func TestFault12ReloadTriesAgainWhileFilesAreWritten(t *testing.T) {
	type result struct {
		provider aws.CredentialsProvider
		source   Source
		err      error
	}
	whole := result{keysOf("NEW"), tokenSource, nil}
	for name, c := range map[string]struct {
		first result
		times int // that it is found
		fails bool
		loads int
	}{
		"profile gone":       {result{nil, Source{}, errHalfFile}, 3, false, 4},
		"keys gone":          {result{noKeys{errors.New("no instance profile")}, Source{}, nil}, 3, false, 4},
		"token gone":         {result{keysOf("NEW"), Source{Kind: ProfileKeys}, nil}, 3, false, 4},
		"profile stays gone": {result{nil, Source{}, errHalfFile}, 9, true, 5},
		"keys stay gone":     {result{noKeys{errors.New("no instance profile")}, Source{}, nil}, 9, true, 5},
		"token stays gone":   {result{keysOf("NEW"), Source{Kind: ProfileKeys}, nil}, 9, false, 5},
		"instance profile":   {result{keysOf("NEW"), Source{}, nil}, 9, false, 1},
		"other error":        {result{nil, Source{}, &CredentialsError{errors.New("no"), Source{}}}, 9, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				loads := 0
				r := newRenewable(keysOf("OLD"), tokenSource, func(context.Context) (aws.CredentialsProvider, Source, error) {
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

// A reload that fails leaves the refusal as what ends the run. The next run of a call
// that the service refuses loads again.
func TestFault12FailedReloadLeavesTheRefusal(t *testing.T) {
	for name, broken := range map[string]string{"no profile": "", "truncated": "[p]\naws_access"} {
		t.Run(name, func(t *testing.T) {
			clean(t)
			file := func(text string) {
				if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			file("[p]\naws_access_key_id = OLD\naws_secret_access_key = s\naws_session_token = t\n")
			j := newJudge(t)
			client, _, err := newKinesis(t.Context(), Options{Endpoint: j.URL, Profile: "p"})
			if err != nil {
				t.Fatal(err)
			}
			j.valid = "NEW"
			file(broken)
			_, err = client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")})
			var refused *RefusedError
			var config *ConfigError
			var api smithy.APIError
			if !errors.As(err, &refused) || !errors.As(err, &api) || api.ErrorCode() != "ExpiredTokenException" || errors.As(err, &config) {
				t.Fatalf("got %v", err)
			}
			if !errors.As(refused.Reload, &config) || refused.Source.Profile != "p" || len(j.seen) != 1 {
				t.Errorf("reload: %v, source %+v, calls %q", refused.Reload, refused.Source, j.seen)
			}
			file("[p]\naws_access_key_id = NEW\naws_secret_access_key = s\naws_session_token = t\n")
			if _, err := client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")}); err != nil {
				t.Error(err)
			}
		})
	}
}

// So it is where STS refuses the credentials that a role is assumed with.
func TestFault12FailedReloadLeavesTheRefusalOfARole(t *testing.T) {
	clean(t)
	rotate(t, "OLD")
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

// A call whose refusal arrives after the reload gets that reload's error: the keys in use
// are those that were refused.
func TestFault12LateCallsGetTheErrorOfTheReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		var err error = errHalfFile
		r := newRenewable(keysOf("OLD"), tokenSource, func(context.Context) (aws.CredentialsProvider, Source, error) {
			loads++
			return keysOf("NEW"), tokenSource, err
		})
		first := r.renew(t.Context(), 1)
		tries := loads
		if late := r.renew(t.Context(), 1); first == nil || late != first || loads != tries {
			t.Errorf("the first call got %v, a late one %v; %d loads, want %d", first, late, loads, tries)
		}
		err = nil
		if first, late := r.renew(t.Context(), 2), r.renew(t.Context(), 2); first != nil || late != nil || loads != tries+1 {
			t.Errorf("after a reload that worked: %v, %v; %d loads, want %d", first, late, loads, tries+1)
		}
	})
}

// A reload that hangs ends the calls that wait for it, and not itself: there is never a
// second one beside it.
func TestFault12HangingReloadEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads, opened := 0, make(chan struct{})
		r := newRenewable(keysOf("OLD"), tokenSource, func(context.Context) (aws.CredentialsProvider, Source, error) {
			loads++
			<-opened // as opening a file of a dead server
			return keysOf("NEW"), tokenSource, nil
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

// The end of the call that began a reload ends nothing for those that wait with it.
func TestFault12CancelledCallLeavesTheReloadToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		r := newRenewable(keysOf("OLD"), tokenSource, func(ctx context.Context) (aws.CredentialsProvider, Source, error) {
			loads++
			return keysOf("NEW"), tokenSource, service.Sleep(ctx, 5*time.Second)
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

// A call whose time is over while a source of credentials is slow has sent nothing, and
// says so.
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

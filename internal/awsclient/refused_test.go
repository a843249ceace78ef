package awsclient

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// checkingEndpoint is an endpoint that checks the signing time and the access key of each call.
type checkingEndpoint struct {
	*httptest.Server
	mu      sync.Mutex    // guards the following
	ahead   time.Duration // of its clock to this machine's
	valid   string        // the only access key it accepts; empty accepts all
	code    string        // the error code for other access keys
	seen    []string      // "operation key" of each call
	refused func()        // called at each refusal, without the lock; may be nil
}

func newCheckingEndpoint(t *testing.T) *checkingEndpoint {
	endpoint := &checkingEndpoint{code: "ExpiredTokenException"}
	endpoint.Server = httptest.NewServer(endpoint)
	t.Cleanup(endpoint.Close)
	return endpoint
}

func (endpoint *checkingEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ = strings.Cut(key, "/")
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	signed, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	endpoint.mu.Lock()
	now := time.Now().Add(endpoint.ahead)
	code := ""
	if off := now.Sub(signed); max(off, -off) > 5*time.Minute {
		code = "InvalidSignatureException"
	} else if endpoint.valid != "" && key != endpoint.valid {
		code = endpoint.code
	}
	endpoint.seen = append(endpoint.seen, op+" "+key)
	refused := endpoint.refused
	endpoint.mu.Unlock()
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if code != "" {
		if refused != nil {
			refused()
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"__type":%q,"message":"no"}`, code)
		return
	}
	_, _ = io.WriteString(w, `{"Records":[],"Shards":[],"StreamDescriptionSummary":{}}`)
}

// calls makes each call that kin's commands make, and returns the errors by operation.
func calls(t *testing.T, client *kinesis.Client) map[string]error {
	ctx := t.Context()
	a := aws.String("a")
	errs := map[string]error{}
	_, errs["ListShards"] = client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: a})
	_, errs["GetRecords"] = client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: a})
	_, errs["GetShardIterator"] = client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: a, ShardId: a, ShardIteratorType: types.ShardIteratorTypeLatest})
	_, errs["DescribeStreamSummary"] = client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: a})
	_, errs["PutRecords"] = client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: a, Records: []types.PutRecordsRequestEntry{{PartitionKey: a, Data: []byte("x")}}})
	_, errs["ListStreams"] = client.ListStreams(ctx, &kinesis.ListStreamsInput{})
	_, errs["ListStreamConsumers"] = client.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: a})
	_, errs["DescribeStreamConsumer"] = client.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: a})
	_, errs["RegisterStreamConsumer"] = client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: a, ConsumerName: a})
	_, errs["DeregisterStreamConsumer"] = client.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: a})
	s, err := subscribe(ctx, client, &kinesis.SubscribeToShardInput{ConsumerARN: a, ShardId: a, StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}})
	errs["SubscribeToShard"] = err
	if err == nil {
		s.Close()
	}
	return errs
}

func TestFault12ClockIsCorrectedOnceForEveryCall(t *testing.T) {
	for _, ahead := range []time.Duration{10 * time.Minute, -10 * time.Minute, 365 * 24 * time.Hour} {
		withKeys(t)
		t.Setenv("AWS_MAX_ATTEMPTS", "1") // has no effect on kin
		endpoint := newCheckingEndpoint(t)
		client, _, err := newKinesis(t.Context(), Options{Endpoint: endpoint.URL})
		if err != nil {
			t.Fatal(err)
		}
		endpoint.ahead = ahead
		for op, err := range calls(t, client) {
			if err != nil {
				t.Errorf("clock %s ahead: %s: %v", ahead, op, err)
			}
		}
		if len(endpoint.seen) != 11+1 { // the client keeps the corrected clock
			t.Errorf("clock %s ahead: %d calls, want 12: %q", ahead, len(endpoint.seen), endpoint.seen)
		}
		endpoint.ahead, endpoint.seen = 0, nil // the clock changes back during the run
		for op, err := range calls(t, client) {
			if err != nil {
				t.Errorf("clock right again: %s: %v", op, err)
			}
		}
		if len(endpoint.seen) != 12 {
			t.Errorf("clock right again: %d calls, want 12", len(endpoint.seen))
		}
	}
}

// Every error code for a wrong clock is retried with the service's clock. If the clocks agree,
// the codes are not retried.
func TestFault12OnlyClockCodesAreRetriedWithTheOtherClock(t *testing.T) {
	for _, c := range []struct {
		code  string
		ahead time.Duration
		calls int
	}{
		{"RequestTimeTooSkewed", 10 * time.Minute, 2},
		{"RequestInTheFuture", -10 * time.Minute, 2},
		{"RequestExpired", 10 * time.Minute, 3}, // first the clock, then the credentials
		{"InvalidSignatureException", 10 * time.Minute, 2},
		{"SignatureDoesNotMatch", -10 * time.Minute, 2},
		{"AuthFailure", 10 * time.Minute, 2},
		{"IncompleteSignatureException", 10 * time.Minute, 2},
		{"InvalidSignatureException", time.Minute, 1},
		{"SignatureDoesNotMatch", 0, 1},
		{"InternalFailure", 10 * time.Minute, 1},
		{"ProvisionedThroughputExceededException", 10 * time.Minute, 1},
	} {
		withKeys(t)
		n := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n++
			w.Header().Set("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"__type":%q,"message":"no"}`, c.code)
		}))
		client, _, err := newKinesis(t.Context(), Options{Endpoint: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")})
		server.Close()
		if n != c.calls || err == nil {
			t.Errorf("%s, clock %s ahead: %d calls, want %d; %v", c.code, c.ahead, n, c.calls, err)
		}
		var refused *RefusedError
		if errors.As(err, &refused) && refused.IsClock() != (c.ahead.Abs() > skewThreshold) {
			t.Errorf("%s, clock %s ahead: IsClock is %v, ahead %s", c.code, c.ahead, refused.IsClock(), refused.Ahead)
		}
	}
}

// writeKeys writes an access key with a session token into the shared credentials file.
func writeKeys(t *testing.T, key string) {
	t.Helper()
	text := "[default]\naws_access_key_id = " + key + "\naws_secret_access_key = secret\naws_session_token = token-" + key + "\n"
	if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFault12ExpiredCredentialsAreReloaded(t *testing.T) {
	for _, code := range []string{"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired", "UnrecognizedClientException", "InvalidClientTokenId"} {
		cleanEnvironment(t)
		writeKeys(t, "OLD")
		endpoint := newCheckingEndpoint(t)
		endpoint.code = code
		client, _, err := newKinesis(t.Context(), Options{Endpoint: endpoint.URL})
		if err != nil {
			t.Fatal(err)
		}
		writeKeys(t, "NEW") // as another program would
		endpoint.valid = "NEW"
		for op, err := range calls(t, client) {
			if err != nil {
				t.Errorf("%s: %s: %v", code, op, err)
			}
		}
		if len(endpoint.seen) != 12 || endpoint.seen[0] != "ListShards OLD" || endpoint.seen[1] != "ListShards NEW" {
			t.Errorf("%s: calls %q", code, endpoint.seen)
		}
		// The second refusal is the error, with the source of the keys.
		endpoint.valid, endpoint.seen = "NEWER", nil
		_, err = client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")})
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Source.Kind != ProfileKeys || !refused.Source.Temporary {
			t.Errorf("%s: %v", code, err)
		}
		want := 2
		if code == "UnrecognizedClientException" || code == "InvalidClientTokenId" {
			want = 1 // the keys did not change, so the call is not retried
		}
		if len(endpoint.seen) != want {
			t.Errorf("%s: %d calls, want %d", code, len(endpoint.seen), want)
		}
	}
}

// Many calls that are refused at the same time share one reload.
func TestFault12ManyRefusalsShareOneReload(t *testing.T) {
	cleanEnvironment(t)
	const shards = 200
	dir := t.TempDir()
	script := "#!/bin/sh\necho x >>" + dir + "/runs\necho '{\"Version\":1,\"AccessKeyId\":\"K'$(wc -l <" + dir + "/runs | tr -d ' ')'\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'\n"
	if err := os.WriteFile(dir+"/give", []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte("[default]\ncredential_process = "+dir+"/give\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	endpoint := newCheckingEndpoint(t)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: endpoint.URL})
	if err != nil {
		t.Fatal(err)
	}
	endpoint.valid = "K2"
	var all sync.WaitGroup
	all.Add(shards)
	endpoint.refused = func() { all.Done(); all.Wait() } // every first attempt is refused before one is retried
	var group sync.WaitGroup
	errs := make(chan error, shards)
	for range shards {
		group.Go(func() {
			_, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: aws.String("i")})
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	runs, err := os.ReadFile(dir + "/runs")
	if got := strings.Count(string(runs), "x"); err != nil || got != 2 || len(endpoint.seen) != 2*shards {
		t.Errorf("the credential process ran %d times, want 2; %d calls, want %d; %v", got, len(endpoint.seen), 2*shards, err)
	}
}

// If STS refuses expired credentials, they are reloaded and the role is assumed again.
func TestFault12RoleIsAssumedWithNewCredentials(t *testing.T) {
	cleanEnvironment(t)
	writeKeys(t, "OLD")
	s := newService(t)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}})
	if err != nil {
		t.Fatal(err)
	}
	s.expired = map[string]bool{"OLD": true, "ASIA1": true}
	writeKeys(t, "NEW")
	s.list(t, client)
	if got := strings.Join(s.signers, ","); got != "OLD,ASIA1,NEW,ASIA2" {
		t.Errorf("signed by %s", got)
	}
	// At the start too: the file is rewritten between the two attempts.
	writeKeys(t, "OLD")
	s.signers, s.onExpired = nil, func() { writeKeys(t, "NEW") }
	if _, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}}); err != nil {
		t.Error(err)
	}
	if got := strings.Join(s.signers, ","); got != "OLD,NEW" {
		t.Errorf("signed by %s", got)
	}
}

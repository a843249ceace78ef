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

// judge is an endpoint that checks when, and with which credentials, each call was
// signed. What follows mu is guarded by it.
type judge struct {
	*httptest.Server
	mu    sync.Mutex
	ahead time.Duration // its clock is
	valid string        // the only access key it takes; empty takes all
	code  string        // of its refusal of others
	seen  []string      // "operation key" of each call
	keep  func()        // called with each refusal, outside of the lock
}

func newJudge(t *testing.T) *judge {
	j := &judge{code: "ExpiredTokenException"}
	j.Server = httptest.NewServer(j)
	t.Cleanup(j.Close)
	return j
}

func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ = strings.Cut(key, "/")
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	signed, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	j.mu.Lock()
	now := time.Now().Add(j.ahead)
	code := ""
	if off := now.Sub(signed); max(off, -off) > 5*time.Minute {
		code = "InvalidSignatureException"
	} else if j.valid != "" && key != j.valid {
		code = j.code
	}
	j.seen = append(j.seen, op+" "+key)
	keep := j.keep
	j.mu.Unlock()
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if code != "" {
		if keep != nil {
			keep()
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"__type":%q,"message":"no"}`, code)
		return
	}
	_, _ = io.WriteString(w, `{"Records":[],"Shards":[],"StreamDescriptionSummary":{}}`)
}

// calls makes one call of each kind that commands make.
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
		t.Setenv("AWS_MAX_ATTEMPTS", "1") // is for the SDK's own retries
		j := newJudge(t)
		client, _, err := newKinesis(t.Context(), Options{Endpoint: j.URL})
		if err != nil {
			t.Fatal(err)
		}
		j.ahead = ahead
		for op, err := range calls(t, client) {
			if err != nil {
				t.Errorf("clock %s ahead: %s: %v", ahead, op, err)
			}
		}
		if len(j.seen) != 11+1 { // the corrected clock stays
			t.Errorf("clock %s ahead: %d calls, want 12: %q", ahead, len(j.seen), j.seen)
		}
		j.ahead, j.seen = 0, nil // in the middle of a run, and back again
		for op, err := range calls(t, client) {
			if err != nil {
				t.Errorf("clock right again: %s: %v", op, err)
			}
		}
		if len(j.seen) != 12 {
			t.Errorf("clock right again: %d calls, want 12", len(j.seen))
		}
	}
}

// Each code that a wrong clock gets, and codes that get no second attempt because the
// clocks agree.
func TestFault12ClockCodes(t *testing.T) {
	for _, c := range []struct {
		code  string
		ahead time.Duration
		calls int
	}{
		{"RequestTimeTooSkewed", 10 * time.Minute, 2},
		{"RequestInTheFuture", -10 * time.Minute, 2},
		{"RequestExpired", 10 * time.Minute, 3}, // and by the right clock, its credentials
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

// rotate writes keys into the shared credentials file.
func rotate(t *testing.T, key string) {
	t.Helper()
	text := "[default]\naws_access_key_id = " + key + "\naws_secret_access_key = secret\naws_session_token = token-" + key + "\n"
	if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFault12ExpiredCredentialsAreLoadedAgain(t *testing.T) {
	for _, code := range []string{"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired", "UnrecognizedClientException", "InvalidClientTokenId"} {
		clean(t)
		rotate(t, "OLD")
		j := newJudge(t)
		j.code = code
		client, _, err := newKinesis(t.Context(), Options{Endpoint: j.URL})
		if err != nil {
			t.Fatal(err)
		}
		rotate(t, "NEW") // another program did
		j.valid = "NEW"
		for op, err := range calls(t, client) {
			if err != nil {
				t.Errorf("%s: %s: %v", code, op, err)
			}
		}
		if len(j.seen) != 12 || j.seen[0] != "ListShards OLD" || j.seen[1] != "ListShards NEW" {
			t.Errorf("%s: calls %q", code, j.seen)
		}
		// A second refusal is the error, and says where the keys are from.
		j.valid, j.seen = "NEWER", nil
		_, err = client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")})
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Source.Kind != ProfileKeys || !refused.Source.Temporary {
			t.Errorf("%s: %v", code, err)
		}
		want := 2
		if code == "UnrecognizedClientException" || code == "InvalidClientTokenId" {
			want = 1 // the same keys are as unknown as before
		}
		if len(j.seen) != want {
			t.Errorf("%s: %d calls, want %d", code, len(j.seen), want)
		}
	}
}

// The credentials of many calls that are refused at the same time are loaded once.
func TestFault12OneLoadForManyRefusals(t *testing.T) {
	clean(t)
	const shards = 200
	dir := t.TempDir()
	script := "#!/bin/sh\necho x >>" + dir + "/runs\necho '{\"Version\":1,\"AccessKeyId\":\"K'$(wc -l <" + dir + "/runs | tr -d ' ')'\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'\n"
	if err := os.WriteFile(dir+"/give", []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte("[default]\ncredential_process = "+dir+"/give\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	j := newJudge(t)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: j.URL})
	if err != nil {
		t.Fatal(err)
	}
	j.valid = "K2"
	var all sync.WaitGroup
	all.Add(shards)
	j.keep = func() { all.Done(); all.Wait() } // every first attempt is refused before one is retried
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
	if got := strings.Count(string(runs), "x"); err != nil || got != 2 || len(j.seen) != 2*shards {
		t.Errorf("the credential process ran %d times, want 2; %d calls, want %d; %v", got, len(j.seen), 2*shards, err)
	}
}

// A role is assumed again with credentials that are loaded again, when it is STS that
// refuses the old ones.
func TestFault12RoleIsAssumedWithNewCredentials(t *testing.T) {
	clean(t)
	rotate(t, "OLD")
	s := newService(t)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}})
	if err != nil {
		t.Fatal(err)
	}
	s.expired = map[string]bool{"OLD": true, "ASIA1": true}
	rotate(t, "NEW")
	s.list(t, client)
	if got := strings.Join(s.signers, ","); got != "OLD,ASIA1,NEW,ASIA2" {
		t.Errorf("signed by %s", got)
	}
	// At the start, too: the file is written anew between the two attempts.
	rotate(t, "OLD")
	s.signers, s.onExpired = nil, func() { rotate(t, "NEW") }
	if _, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Role: Role{ARN: role, SessionName: "kin-1", STSEndpoint: s.URL}}); err != nil {
		t.Error(err)
	}
	if got := strings.Join(s.signers, ","); got != "OLD,NEW" {
		t.Errorf("signed by %s", got)
	}
}

package awsclient

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// logged are the lines about calls, without how long they took; text is all that
// was logged.
func logged(t *testing.T, text []byte) (calls []string) {
	t.Helper()
	for line := range bytes.Lines(text) {
		var l struct {
			Level, Msg, Operation, Error, Request string
			Took                                  *int64
			Status                                int
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.Msg != "call" {
			continue
		}
		if l.Level != "DEBUG" || l.Took == nil || *l.Took <= 0 {
			t.Errorf("want a duration at debug level: %s", line)
		}
		calls = append(calls, strings.TrimSpace(strings.Join([]string{l.Operation, http.StatusText(l.Status), l.Error, l.Request}, " ")))
	}
	return calls
}

func TestEachAttemptIsLogged(t *testing.T) {
	withKeys(t)
	throttled := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if operation == "" {
			if !throttled { // once: the SDK tries again
				throttled = true
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("X-Amzn-Requestid", "id-sts")
			_, _ = io.WriteString(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>
				<SecretAccessKey>rolesecret</SecretAccessKey><SessionToken>roletoken</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
				</Credentials></AssumeRoleResult></AssumeRoleResponse>`)
			return
		}
		w.Header().Set("X-Amzn-Requestid", "id-"+operation)
		switch operation {
		case "GetShardIterator":
			_, _ = io.WriteString(w, `{"ShardIterator":"sh4rd-iterator"}`)
		case "GetRecords":
			_, _ = io.WriteString(w, `{"Records":[{"Data":"cGF5bG9hZA==","PartitionKey":"payload","SequenceNumber":"1"}]}`)
		case "DescribeStreamSummary":
			_, _ = io.WriteString(w, `{"StreamDescriptionSummary": payload`)
		case "PutRecords":
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"InvalidSignatureException","message":"x-amz-security-token: roletoken"}`)
		}
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	var text bytes.Buffer
	debug := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, _, err := newKinesis(t.Context(), Options{
		Endpoint: server.URL, Log: debug, Role: Role{ARN: role, SessionName: "kin-1"},
		Keys: Keys{"AKIA1", "s3cret", "t0ken"},
	})
	if err != nil {
		t.Fatal(err)
	}
	stream := aws.String("a")
	_, _ = client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: stream})
	_, _ = client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{StreamName: stream, ShardId: aws.String("s"), ShardIteratorType: types.ShardIteratorTypeLatest})
	_, _ = client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: aws.String("sh4rd-iterator")})
	_, _ = client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: stream})
	_, _ = client.PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: stream, Records: []types.PutRecordsRequestEntry{{Data: []byte("payload"), PartitionKey: aws.String("payload")}}})
	_, _ = subscribe(t.Context(), client, &kinesis.SubscribeToShardInput{ConsumerARN: aws.String("c"), ShardId: aws.String("s"), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}})
	got := logged(t, text.Bytes())
	want := []string{
		"AssumeRole Service Unavailable UnknownError",
		"AssumeRole OK  id-sts",
		"ListShards Bad Request InvalidSignatureException id-ListShards",
		"GetShardIterator OK  id-GetShardIterator",
		"GetRecords OK  id-GetRecords",
		"DescribeStreamSummary OK unreadable answer id-DescribeStreamSummary",
		`PutRecords  Post "` + server.URL + `/": EOF`,
		"SubscribeToShard Bad Request InvalidSignatureException id-SubscribeToShard",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, secret := range []string{"s3cret", "t0ken", "roletoken", "rolesecret", "sh4rd", "payload", "cGF5"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, text.String())
		}
	}
}

func TestASubscriptionIsLoggedWhenItIsAnswered(t *testing.T) {
	withKeys(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		w.Header().Set("X-Amzn-Requestid", "id")
		_, _ = w.Write(pushed(t, 1, "payload"))
	}))
	defer server.Close()
	var text bytes.Buffer
	debug := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, _, err := newKinesis(t.Context(), Options{Endpoint: server.URL, Log: debug})
	if err != nil {
		t.Fatal(err)
	}
	s, err := subscribe(t.Context(), client, &kinesis.SubscribeToShardInput{ConsumerARN: aws.String("c"), ShardId: aws.String("s"), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if event, err := s.Next(); err != nil || len(event.Records) != 1 {
		t.Fatalf("%+v, %v", event, err)
	}
	if got, want := logged(t, text.Bytes()), []string{"SubscribeToShard OK  id"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Nothing is put into the way of a call that nobody is told of.
func TestCallsThatNobodyReadsOfCostNothing(t *testing.T) {
	quiet := slog.New(slog.NewTextHandler(new(bytes.Buffer), nil)) // of no debug level
	for _, log := range []*slog.Logger{nil, slog.New(slog.DiscardHandler), quiet} {
		if added := logCalls(t.Context(), log); added != nil {
			t.Errorf("%v: %d options", log, len(added))
		}
	}
}

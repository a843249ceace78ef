package awsclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/garble"
)

// FuzzAnswers subscribes where answers and events are garbled. Whatever comes, the
// stream ends without a panic, and an error stays one.
func FuzzAnswers(f *testing.F) {
	recorded, err := garble.Record(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	for _, script := range garble.Seeds() {
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		answers := garble.NewClient(recorded, script)
		client := kinesis.New(NewLocal("http://kinesis").sdk.Options(), func(o *kinesis.Options) {
			o.HTTPClient = answers
			o.Retryer = retriesRefusals{}
			o.APIOptions = append(o.APIOptions, addRetries(nil))
		})
		in := &kinesis.SubscribeToShardInput{
			ConsumerARN: aws.String("arn"), ShardId: aws.String("shardId-000000000000"),
			StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
		}
		for range 4 {
			s, err := subscribe(t.Context(), client, in)
			if err != nil {
				continue
			}
			for n := 0; ; n++ {
				if size, err := s.Await(); err != nil || size < 0 {
					break
				}
				if _, err := s.Next(); err != nil {
					break
				}
				if n > 10_000 {
					t.Fatal("the stream does not end")
				}
			}
			s.Close()
		}
		if answers.Calls() > 8 {
			t.Errorf("%d calls for 4 subscriptions", answers.Calls())
		}
	})
}

// oneAnswer is an HTTP client whose every answer is the same.
type oneAnswer struct {
	status int
	date   string
	body   []byte
}

func (o oneAnswer) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: o.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(o.body)),
		Header: http.Header{"Date": {o.date}}, Body: io.NopCloser(bytes.NewReader(o.body))}, nil
}

// FuzzAssumeRole assumes a role where STS gives any answer: there are whole
// credentials that have not expired, or there is a *RoleError.
func FuzzAssumeRole(f *testing.F) {
	const date = "Fri, 27 Nov 2026 10:00:00 GMT"
	const whole = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` +
		`<SessionToken>t</SessionToken><Expiration>2026-11-27T11:00:00Z</Expiration></Credentials><AssumedRoleUser><Arn>a:b:c:d:e</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`
	f.Add(200, date, []byte(whole))
	for i := 0; i < len(whole); i += 7 {
		f.Add(200, date, []byte(whole[:i]))
		f.Add(200, "", []byte(whole[:i]+whole[min(len(whole), i+9):]))
	}
	for _, body := range []string{"{}", "null", "", "<a/>", "<AssumeRoleResponse/>", "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"} {
		f.Add(200, date, []byte(body))
		f.Add(403, "Thu, 01 Jan 1970 00:00:00 GMT", []byte(body))
		f.Add(400, "Fri, 31 Dec 9999 23:59:59 GMT", []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, date string, body []byte) {
		if status < 200 || status > 499 || status == 429 { // those are retried, with pauses
			status = 200
		}
		cfg := aws.Config{Region: "us-east-1", HTTPClient: oneAnswer{status, date, body},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
			}),
			Retryer:    func() aws.Retryer { return retriesRefusals{} },
			APIOptions: []func(*middlewareStack) error{checkCredentialAnswers},
		}
		provider := assumeRole(cfg, Source{}, Role{ARN: role, SessionName: "kin-1", STSEndpoint: "http://sts"})
		c, err := provider.Retrieve(t.Context())
		var refused *RoleError
		switch {
		case err != nil && (!errors.As(err, &refused) || refused.Error() == ""):
			t.Errorf("got %v", err)
		case err == nil && (!c.HasKeys() || c.SessionToken == "" || !c.CanExpire || c.Expires.After(time.Date(3200, 1, 1, 0, 0, 0, 0, time.UTC))):
			t.Errorf("half credentials: expire %v at %s", c.CanExpire, c.Expires)
		}
	})
}

package local

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

const (
	readerRole  = "arn:aws:iam::000000000000:role/reader"
	partnerRole = "arn:aws:iam::123456789012:role/teams/partner"
)

var twoRoles = Options{Roles: []Role{{ARN: readerRole}, {ARN: partnerRole, ExternalID: "their-id"}}, Streams: []StreamSpec{{"orders", 1}}}

// newSTS returns the SDK's client with the given credentials.
func newSTS(t *testing.T, url, key, secret, token string) *sts.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return sts.New(sts.Options{
		BaseEndpoint: aws.String(url),
		Region:       "eu-west-1",
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, token),
		HTTPClient:   &http.Client{Transport: transport},
		Retryer:      aws.NopRetryer{},
	})
}

func kinesisAs(t *testing.T, url string, c *types.Credentials) *kinesis.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String(url),
		Region:       "eu-west-1",
		Credentials:  credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, aws.ToString(c.SessionToken)),
		HTTPClient:   &http.Client{Transport: transport},
		Retryer:      aws.NopRetryer{},
	})
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestRoleCredentialsAreValidUntilTheyExpire(t *testing.T) {
	r := start(t, twoRoles)
	out, err := newSTS(t, r.url, "kin", "kin", "").AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(partnerRole), RoleSessionName: aws.String("night"), ExternalId: aws.String("their-id"), DurationSeconds: aws.Int32(900),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := *out.AssumedRoleUser.Arn; got != "arn:aws:sts::123456789012:assumed-role/partner/night" {
		t.Errorf("assumed %s", got)
	}
	if left := out.Credentials.Expiration.Sub(r.Now()); left < 898*time.Second || left > 900*time.Second {
		t.Errorf("the credentials last %s, want 900s", left)
	}
	as := kinesisAs(t, r.url, out.Credentials)
	summary := &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")}
	if _, err := as.DescribeStreamSummary(t.Context(), summary); err != nil {
		t.Error(err)
	}
	forged := *out.Credentials
	forged.SessionToken = nil
	if _, err := kinesisAs(t, r.url, &forged).DescribeStreamSummary(t.Context(), summary); code(err) != "UnrecognizedClientException" {
		t.Errorf("without the token: %v", err)
	}
	r.Advance(898 * time.Second)
	if _, err := as.DescribeStreamSummary(t.Context(), summary); err != nil {
		t.Error(err)
	}
	r.Advance(3 * time.Second)
	if _, err := as.DescribeStreamSummary(t.Context(), summary); code(err) != "ExpiredTokenException" {
		t.Errorf("after their time: %v", err)
	}
	c := out.Credentials
	_, err = newSTS(t, r.url, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken).GetCallerIdentity(t.Context(), nil)
	if code(err) != "ExpiredToken" {
		t.Errorf("after their time: %v", err)
	}
}

func TestGetCallerIdentity(t *testing.T) {
	r := start(t, twoRoles)
	plain := newSTS(t, r.url, "AKIA1", "secret", "")
	out, err := plain.GetCallerIdentity(t.Context(), nil)
	if err != nil || *out.Arn != "arn:aws:iam::000000000000:user/kin" || *out.UserId != "AKIA1" || *out.Account != Account {
		t.Errorf("got %+v, %v", out, err)
	}
	role, err := plain.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(readerRole), RoleSessionName: aws.String("s1")})
	if err != nil {
		t.Fatal(err)
	}
	c := role.Credentials
	as := newSTS(t, r.url, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	out, err = as.GetCallerIdentity(t.Context(), nil)
	if err != nil || *out.Arn != "arn:aws:sts::000000000000:assumed-role/reader/s1" || *out.UserId != *role.AssumedRoleUser.AssumedRoleId {
		t.Errorf("got %+v, %v", out, err)
	}
	// A role can assume another role.
	if _, err := as.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(partnerRole), RoleSessionName: aws.String("s2"), ExternalId: aws.String("their-id"),
	}); err != nil {
		t.Error(err)
	}
}

func TestAssumeRoleErrors(t *testing.T) {
	r := start(t, twoRoles)
	client := newSTS(t, r.url, "kin", "kin", "")
	for _, c := range []struct {
		name string
		in   sts.AssumeRoleInput
		want string
	}{
		{"an unknown role", sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::000000000000:role/writer"), RoleSessionName: aws.String("night")},
			"AccessDenied: User: arn:aws:iam::000000000000:user/kin is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000000:role/writer"},
		{"a wrong external ID", sts.AssumeRoleInput{RoleArn: aws.String(partnerRole), RoleSessionName: aws.String("night"), ExternalId: aws.String("my-id")}, "AccessDenied: "},
		{"no external ID", sts.AssumeRoleInput{RoleArn: aws.String(partnerRole), RoleSessionName: aws.String("night")}, "AccessDenied: "},
		{"a bad session name", sts.AssumeRoleInput{RoleArn: aws.String(readerRole), RoleSessionName: aws.String("night shift")},
			"ValidationError: 1 validation error detected: Value 'night shift' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"},
		{"too long", sts.AssumeRoleInput{RoleArn: aws.String(readerRole), RoleSessionName: aws.String("night"), DurationSeconds: aws.Int32(43201)}, "ValidationError: "},
		{"too short, twice", sts.AssumeRoleInput{RoleArn: aws.String("x"), RoleSessionName: aws.String("n")}, "ValidationError: 2 validation errors detected: "},
	} {
		_, err := client.AssumeRole(t.Context(), &c.in)
		var api smithy.APIError
		if !errors.As(err, &api) || !strings.HasPrefix(api.ErrorCode()+": "+api.ErrorMessage(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	// A role that requires no external ID accepts any.
	if _, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(readerRole), RoleSessionName: aws.String("night"), ExternalId: aws.String("any")}); err != nil {
		t.Error(err)
	}
}

func TestInvalidSTSQueriesAreRefused(t *testing.T) {
	r := start(t, twoRoles)
	form := func(auth string) http.Header {
		h := http.Header{"Content-Type": {formType + "; charset=utf-8"}}
		if auth != "" {
			h.Set("Authorization", auth)
		}
		return h
	}
	for _, c := range []struct {
		auth, body string
		status     int
		want       string
	}{
		{signed, "Action=GetFederationToken&Version=2011-06-15", 400, "<Code>InvalidAction</Code>"},
		{signed, "Action=GetCallerIdentity&Version=2012-01-01", 400, "<Code>InvalidAction</Code>"},
		{signed, "Action=%zz", 400, "<Code>MalformedQueryString</Code>"},
		{"", "Action=GetCallerIdentity&Version=2011-06-15", 403, "<Code>MissingAuthenticationToken</Code>"},
		{signed, "Action=AssumeRole&Version=2011-06-15&RoleArn=" + readerRole + "&RoleSessionName=ab&DurationSeconds=long", 400, "<Code>MalformedInput</Code>"},
		{signed, "Action=AssumeRole&Version=2011-06-15&RoleArn=a%26%3Cb%3E", 400, "a&amp;&lt;b&gt;"},
		{signed, "Action=GetCallerIdentity&Version=2011-06-15", 200, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>`},
	} {
		status, body := answer(t, requestWith(t, r, form(c.auth), "/", c.body))
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s, want %d %s", c.body, status, body, c.status, c.want)
		}
	}
}

func TestFaultsApplyToSTS(t *testing.T) {
	r := start(t, twoRoles)
	client := newSTS(t, r.url, "kin", "kin", "")
	if err := r.AddFault("AssumeRole=ServiceUnavailable*1"); err != nil {
		t.Fatal(err)
	}
	if err := r.AddFault("GetCallerIdentity=cut*1"); err != nil {
		t.Fatal(err)
	}
	in := &sts.AssumeRoleInput{RoleArn: aws.String(readerRole), RoleSessionName: aws.String("night")}
	if _, err := client.AssumeRole(t.Context(), in); code(err) != "ServiceUnavailable" {
		t.Errorf("got %v", err)
	}
	if _, err := client.GetCallerIdentity(t.Context(), nil); err == nil {
		t.Error("half an answer was accepted")
	}
	if _, err := client.AssumeRole(t.Context(), in); err != nil {
		t.Error(err)
	}
	// A call is counted when its handler ends, which is after its answer was sent.
	for op, want := range map[string]int{"AssumeRole": 2, "GetCallerIdentity": 1} {
		if err := r.WaitServed(t.Context(), op, want); err != nil {
			t.Error(err)
		}
		if got := r.Served(op); got != want {
			t.Errorf("%s was served %d times, want %d", op, got, want)
		}
	}
}

func TestParseRole(t *testing.T) {
	for text, want := range map[string]Role{
		readerRole:                            {ARN: readerRole},
		partnerRole + "=their=id":             {ARN: partnerRole, ExternalID: "their=id"},
		"arn:aws-cn:iam::123456789012:role/r": {ARN: "arn:aws-cn:iam::123456789012:role/r"},
	} {
		if got, err := ParseRole(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "reader", readerRole + "=", readerRole + "=x", partnerRole + "=a b", "arn:aws:iam::12:role/r", "arn:aws:iam::123456789012:user/u", "arn:aws:iam::123456789012:role/"} {
		if got, err := ParseRole(text); err == nil || !strings.HasPrefix(err.Error(), "want ") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, roles := range [][]Role{{{ARN: "x"}}, {{ARN: readerRole}, {ARN: readerRole}}} {
		if _, err := New(Options{Roles: roles}); err == nil {
			t.Errorf("%v was accepted", roles)
		}
	}
}

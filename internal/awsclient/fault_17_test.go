package awsclient

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What STS may answer to AssumeRole and AssumeRoleWithWebIdentity, and what becomes of it.
func TestFault17AnswersOfSTSWithoutCredentials(t *testing.T) {
	const whole = `<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`
	at := func(t time.Time) string { return "<Expiration>" + t.UTC().Format(time.RFC3339) + "</Expiration>" }
	hour := at(time.Now().Add(time.Hour))
	for name, c := range map[string]struct{ body, want string }{
		"an object":         {`{}`, "the answer has no credentials"},
		"null":              {`null`, "the answer has no credentials"},
		"nothing":           {``, "the answer has no credentials"},
		"no credentials":    {`%s`, "the answer has no credentials"},
		"empty credentials": {`<Credentials></Credentials>`, "the answer has no credentials"},
		"no token":          {`<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` + hour + `</Credentials>`, "the answer has only a part of the credentials"},
		"empty key":         {`<Credentials><AccessKeyId></AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>` + hour + `</Credentials>`, "the answer has only a part of the credentials"},
		"no expiration":     {`<Credentials>` + whole + `</Credentials>`, "the answer does not say when the credentials expire"},
		"long expired":      {`<Credentials>` + whole + at(time.Unix(0, 0)) + `</Credentials>`, "the credentials in the answer expired at 1970-01-01T00:00:00Z"},
		"far future":        {`<Credentials>` + whole + `<Expiration>9999-12-31T23:59:59Z</Expiration></Credentials>`, "the credentials in the answer expire at 9999-12-31T23:59:59Z, which is not plausible"},
		"whole":             {`<Credentials>` + whole + hour + `</Credentials>`, ""},
	} {
		for _, op := range []string{"AssumeRole", "AssumeRoleWithWebIdentity"} {
			t.Run(name+" to "+op, func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if len(c.body) > 4 || c.body == `%s` {
						_, _ = fmt.Fprintf(w, "<%sResponse><%sResult>%s</%sResult></%sResponse>", op, op, c.body, op, op)
						return
					}
					_, _ = io.WriteString(w, c.body)
				}))
				defer server.Close()
				withKeys(t)
				t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
				o := Options{Endpoint: server.URL, Region: "us-east-1", Role: Role{ARN: role, SessionName: "kin-1"}}
				if op != "AssumeRole" {
					clean(t)
					t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
					token := filepath.Join(t.TempDir(), "token")
					if err := os.WriteFile(token, []byte("jwt"), 0o600); err != nil {
						t.Fatal(err)
					}
					t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
					t.Setenv("AWS_ROLE_ARN", role)
					o.Role = Role{}
				}
				_, _, err := newKinesis(t.Context(), o)
				if c.want == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				var assumed *RoleError
				var found *CredentialsError
				switch {
				case op == "AssumeRole" && (!errors.As(err, &assumed) || err.Error() != "assume role "+role+": "+c.want):
					t.Errorf("got %v, want %s", err, c.want)
				case op != "AssumeRole" && (!errors.As(err, &found) || found.Reason() != c.want):
					t.Errorf("got %v, want %s", err, c.want)
				}
			})
		}
	}
}

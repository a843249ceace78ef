package awsclient

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// configured writes the shared configuration file of a test.
func configured(t *testing.T, text string) string {
	t.Helper()
	clean(t)
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	return file
}

// No request can carry a control character in its credentials: the run ends at its start,
// names the setting and never shows its value.
func TestFault12CredentialsWithControlCharacters(t *testing.T) {
	s := newService(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
	const process = "the credential process failed: the %s in its output has a line break or another control character"
	for name, c := range map[string]struct {
		id, secret, token string // of the environment
		config, profile   string
		keys              Keys
		role              Role
		want              string
	}{
		"id":         {id: "AK\r", secret: "s3cr3t", want: "AWS_ACCESS_KEY_ID has a line break or another control character"},
		"secret":     {id: "AK", secret: "s3cr3t\n", want: "AWS_SECRET_ACCESS_KEY has a line break or another control character"},
		"token":      {id: "AK", secret: "s3cr3t", token: "s3cr3t\r\n", want: "AWS_SESSION_TOKEN has a line break or another control character"},
		"with role":  {id: "AK", secret: "s3cr3t\n", role: Role{ARN: role, STSEndpoint: s.URL}, want: "AWS_SECRET_ACCESS_KEY has a line break or another control character"},
		"given keys": {keys: Keys{"AK", "s3cr3t", "s3cr3t\x7f"}, want: "--aws-session-token has a line break or another control character"},
		"profile": {config: "[profile p]\naws_access_key_id = A\x01K\naws_secret_access_key = s3cr3t\n", profile: "p",
			want: "profile p has a line break or another control character in aws_access_key_id"},
		"source profile": {config: "[profile p]\nrole_arn = " + role + "\nsource_profile = q\n[profile q]\naws_access_key_id = AK\naws_secret_access_key = s3c\rr3t\n", profile: "p",
			want: "profile q has a line break or another control character in aws_secret_access_key"},
		"environment of a profile": {id: "AK", secret: "s3cr3t\r", config: "[profile p]\nrole_arn = " + role + "\ncredential_source = Environment\n", profile: "p",
			want: "AWS_SECRET_ACCESS_KEY has a line break or another control character"},
		"process": {config: "[profile p]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"s3cr3t\\\\n\"}'\n", profile: "p",
			want: strings.Replace(process, "%s", "SecretAccessKey", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			configured(t, c.config)
			t.Setenv("AWS_ACCESS_KEY_ID", c.id)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.secret)
			t.Setenv("AWS_SESSION_TOKEN", c.token)
			_, _, err := newKinesis(t.Context(), Options{Endpoint: s.URL, Profile: c.profile, Keys: c.keys, Role: c.role})
			var found *CredentialsError
			if !errors.As(err, &found) || found.Reason() != c.want || !found.Permanent() {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if strings.Contains(err.Error(), "s3c") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

// Settings that the SDK refuses in words of its own, or not before a call, are named at
// the start.
func TestFault12SettingsAreCheckedAtTheStart(t *testing.T) {
	folder := t.TempDir()
	for name, c := range map[string]struct{ config, file, uri, want string }{
		"container variables are missing": {config: "[profile p]\nrole_arn = " + role + "\ncredential_source = EcsContainer\n",
			want: "profile p in FILE has the credential_source EcsContainer, but neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"},
		"container elsewhere": {config: "[profile p]\nrole_arn = " + role + "\ncredential_source = EcsContainer\n", uri: "http://192.0.2.1/x",
			want: "AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL that containers may use: want https, or http to this machine or the container service"},
		"folder": {file: folder, want: "the AWS configuration file " + folder + " cannot be read: it is a directory"},
		"role": {config: "[profile p]\nrole_arn = reader\nsource_profile = q\n[profile q]\naws_access_key_id = AK\naws_secret_access_key = s\n",
			want: "profile p has the role_arn reader, which is not the ARN of a role"},
		"role of a source": {config: "[profile p]\nrole_arn = " + role + "\nsource_profile = q\n[profile q]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = r\n[profile r]\naws_access_key_id = AK\naws_secret_access_key = s\n",
			want: "profile q has the role_arn arn:aws:iam::1:role/x, which is not the ARN of a role"},
		"role of a process": {config: "[profile p]\nrole_arn = reader\nsource_profile = q\n[profile q]\ncredential_process = exit 1\n",
			want: "profile p has the role_arn reader, which is not the ARN of a role"},
	} {
		t.Run(name, func(t *testing.T) {
			file := configured(t, c.config)
			if c.file != "" {
				t.Setenv("AWS_CONFIG_FILE", c.file)
			}
			t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", c.uri)
			t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
			_, _, err := newKinesis(t.Context(), Options{Endpoint: "http://127.0.0.1:1", Profile: "p"})
			var found *CredentialsError
			var fault *SettingsError
			if want := strings.ReplaceAll(c.want, "FILE", file); !errors.As(err, &found) || !errors.As(err, &fault) || found.Reason() != want || fault.Advice == "" {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// Other partitions and other services have role ARNs of their own.
func TestFault12RoleARNs(t *testing.T) {
	for arn, want := range map[string]bool{
		role: true, "arn:aws-cn:iam::123456789012:role/path/x": true, "arn:minio:iam:::role/idmp-1": true,
		"reader": false, "arn:aws:iam::123456789012:user/x": false, "arn:aws:iam::12345678901:role/x": false, "arn:aws:iam": false, "arn:minio:iam:::role/\r": false,
	} {
		if got := isRoleARN(arn); got != want {
			t.Errorf("%q: %v, want %v", arn, got, want)
		}
	}
}

// An endpoint that no connection can be made to is refused at the start.
func TestFault12EndpointsThatCannotBe(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://127.0.0.1:4567": true, "https://kinesis.us-east-1.amazonaws.com": true, "http://[::1]:4567": true, "http://localhost/path": true, "http://[fe80::1%25eth0]:1": true, "http://127.0.0.1:": true, "http://a_b": true,
		"http://a..b": false, "http://h:99999": false, "http://h:0": false, "http://-%20": false, "ftp://h": false, "http://:80": false, "h": false,
	} {
		if err := checkEndpoint(endpoint); (err == nil) != want {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

// So is one that a variable or a profile names.
func TestFault12EndpointsOfSettings(t *testing.T) {
	configured(t, "[profile p]\nregion = us-east-1\nendpoint_url = http://h:99999\naws_access_key_id = AK\naws_secret_access_key = s\n")
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://h:0")
	for _, want := range []string{"STS endpoint \"http://h:0\"", "endpoint \"http://h:99999\""} {
		want += ": want a URL such as http://127.0.0.1:4567"
		var bad *ConfigError
		if _, _, err := newKinesis(t.Context(), Options{Profile: "p"}); !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		t.Setenv("AWS_ENDPOINT_URL_STS", "")
	}
}

// What a source answers is checked like a setting.
func TestFault12AnswersWithControlCharacters(t *testing.T) {
	provider := credentials.StaticCredentialsProvider{Value: aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "s", SessionToken: "s3cr3t\n", Source: "CredentialsEndpointProvider"}}
	_, err := newRenewable(provider, Source{Kind: Container}, nil).Retrieve(t.Context())
	const want = "find credentials: the session token that comes from the container has a line break or another control character"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A credential process that prints without end is ended.
func TestFault12ProcessThatPrintsForever(t *testing.T) {
	for _, command := range []string{"yes", "trap '' PIPE; while :; do echo y; done 2>&-"} {
		_, err := process{command}.Retrieve(t.Context())
		const want = "the credential process failed: it printed more than 1 MiB"
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", command, err, want)
		}
	}
}

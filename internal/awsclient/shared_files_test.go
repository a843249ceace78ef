package awsclient

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestSharedFilesAreReadAsTheSDKReadsThem(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	configFile := write("config", `# a comment
[default]
region = eu-west-1
[profile  a] ; spaces
Role_ARN=arn:aws:iam::123456789012:role/r
source_profile = b # whose keys it takes
s3 =
  max_concurrent_requests = 20
  source_profile = nested
credential_process = /bin/keys "a b"
[sso-session work]
sso_region = eu-west-1
[b]
aws_access_key_id = not a profile in this file
no delimiter
`)
	keys := write("credentials", "[b]\naws_access_key_id = id\naws_secret_access_key = a=b#c\n[DEFAULT]\naws_access_key_id = other\n")
	t.Setenv("AWS_CONFIG_FILE", configFile)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", keys)
	f := readSharedFiles()
	for name, want := range map[string]map[string]string{
		"default": {"region": "eu-west-1"},
		"a":       {"role_arn": "arn:aws:iam::123456789012:role/r", "source_profile": "b", "s3": "", "credential_process": `/bin/keys "a b"`},
		"b":       {"aws_access_key_id": "id", "aws_secret_access_key": "a=b#c"},
	} {
		p := f.profiles[name]
		if p == nil {
			t.Errorf("profile %s is missing", name)
		} else if !maps.Equal(p.values, want) {
			t.Errorf("profile %s is %q, want %q", name, p.values, want)
		}
	}
	if b := f.profiles["b"]; b != nil && (b.file != keys || b.files["aws_access_key_id"] != keys) {
		t.Errorf("profile b is from %s and %q", b.file, b.files)
	}
	if !f.sessions["work"] || len(f.sessions) != 1 {
		t.Errorf("the sessions are %v", f.sessions)
	}
}

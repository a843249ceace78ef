package awsclient

import (
	"errors"
	"testing"
)

// The SDK refuses every call where a FIPS or dual-stack endpoint is asked for beside
// an endpoint of one's own; kin retried that for 30 s.
func TestFault12VariantsOfAnEndpointOfOnesOwnAreRefused(t *testing.T) {
	const keys = "region = us-east-1\naws_access_key_id = AK\naws_secret_access_key = s\n"
	for name, c := range map[string]struct{ variable, profile, want string }{
		"FIPS":                    {"AWS_USE_FIPS_ENDPOINT", "", "AWS_USE_FIPS_ENDPOINT (use_fips_endpoint) asks for a FIPS endpoint of AWS, and http://127.0.0.1:1 is another endpoint: want one of them"},
		"dual stack":              {"AWS_USE_DUALSTACK_ENDPOINT", "", "AWS_USE_DUALSTACK_ENDPOINT (use_dualstack_endpoint) asks for a dual-stack endpoint of AWS, and http://127.0.0.1:1 is another endpoint: want one of them"},
		"FIPS of a profile":       {"", "use_fips_endpoint = true\n", "AWS_USE_FIPS_ENDPOINT (use_fips_endpoint) asks for a FIPS endpoint of AWS, and http://127.0.0.1:1 is another endpoint: want one of them"},
		"dual stack of a profile": {"", "use_dualstack_endpoint = true\n", "AWS_USE_DUALSTACK_ENDPOINT (use_dualstack_endpoint) asks for a dual-stack endpoint of AWS, and http://127.0.0.1:1 is another endpoint: want one of them"},
		"neither":                 {"", "use_fips_endpoint = false\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			configured(t, "[profile p]\n"+keys+c.profile)
			if c.variable != "" {
				t.Setenv(c.variable, "true")
			}
			_, _, err := newKinesis(t.Context(), Options{Profile: "p", Endpoint: "http://127.0.0.1:1"})
			var bad *ConfigError
			if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &bad) || err.Error() != c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// A web identity token needs a role, and a role has a form: STS need not be asked.
func TestFault12WebIdentityWithoutARoleIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ role, want string }{
		"none":    {"", "find credentials: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not"},
		"no role": {"zzz", "find credentials: AWS_ROLE_ARN is zzz, which is not the ARN of a role"},
	} {
		t.Run(name, func(t *testing.T) {
			configured(t, "")
			t.Setenv("AWS_REGION", "us-east-1")
			t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/dev/null")
			t.Setenv("AWS_ROLE_ARN", c.role)
			_, _, err := newKinesis(t.Context(), Options{Endpoint: "http://127.0.0.1:1"})
			var bad *CredentialsError
			if !errors.As(err, &bad) || err.Error() != c.want || !bad.Permanent() {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestFault12AContainerURLOfAnotherSchemeIsRefused(t *testing.T) {
	configured(t, "")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "ftp://x/y")
	_, _, err := newKinesis(t.Context(), Options{Endpoint: "http://127.0.0.1:1"})
	const want = "find credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL that containers may use: want https, or http to this machine or the container service"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

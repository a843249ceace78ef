package cmd

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kin/cmd/internal/console"
	"kin/efo"
	"kin/internal/local"
)

var creationTime = regexp.MustCompile(`"ConsumerCreationTimestamp":[0-9.eE+]+,?`)

// If the service returns no registration time, the age of a consumer is not known.
func TestFault10ConsumersOfUnknownAgeAreShownAndNotPruned(t *testing.T) {
	endpoint, err := local.New(local.Options{Streams: []local.StreamSpec{{Name: "orders", Shards: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		endpoint.ServeHTTP(answer, r)
		body := strings.ReplaceAll(creationTime.ReplaceAllString(answer.Body.String(), ""), ",}", "}")
		for _, name := range []string{"Content-Type", "Date"} {
			w.Header().Set(name, answer.Header().Get(name))
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_KINESIS": server.URL, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "kin", "AWS_SECRET_ACCESS_KEY": "kin", "XDG_CONFIG_HOME": t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	kin := func(args ...string) (out, messages string) {
		t.Helper()
		var o, m bytes.Buffer
		if code := Main(t.Context(), append([]string{"consumers"}, args...), console.Streams{Out: &o, Err: &m}); code != 0 {
			t.Errorf("%q: exit code %d, %s", args, code, m.String())
		}
		return o.String(), m.String()
	}
	name := efo.EphemeralName("kin_", uuid.New())
	kin("register", "orders", name)
	if out, _ := kin("list", "orders"); !strings.HasSuffix(out, name+"  ACTIVE    -\n") {
		t.Errorf("the table has %q", out)
	}
	if out, _ := kin("describe", "orders", name); !regexp.MustCompile(`(?m)^CREATED +-$`).MatchString(out) {
		t.Errorf("the description has %q", out)
	}
	for _, verb := range [][]string{{"list", "orders"}, {"describe", "orders", name}} {
		if out, _ := kin(append(verb, "-o", "json")...); strings.Contains(out, "consumerCreationTimestamp") || !strings.Contains(out, `"consumerName":"`+name+`"`) {
			t.Errorf("%s: the JSON has %q", verb, out)
		}
	}
	_, messages := kin("prune", "orders", "--older-than", "1ns", "--yes")
	if want := "kin: the service returned no registration time for 1 further temporary consumer, so kin skips them; --older-than 0s removes them too\n"; !strings.Contains(messages, want) {
		t.Errorf("prune printed %q", messages)
	}
	if out, _ := kin("list", "orders"); !strings.Contains(out, name) {
		t.Errorf("the consumer was removed: %q", out)
	}
	if _, messages = kin("prune", "orders", "--older-than", "0s", "--yes"); strings.Contains(messages, "no registration time") {
		t.Errorf("prune printed %q", messages)
	}
	if out, _ := kin("list", "orders"); strings.Contains(out, "ACTIVE") {
		t.Errorf("the consumer was not removed: %q", out)
	}
}

package cmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/internal/local"
)

func TestLocalVariables(t *testing.T) {
	for _, c := range []struct {
		address, region string
		endpoint, want  string
	}{
		{"127.0.0.1:4567", "", "http://127.0.0.1:4567", "us-east-1"},
		{"0.0.0.0:80", "eu-west-1", "http://127.0.0.1:80", "eu-west-1"},
		{"[::]:80", "", "http://127.0.0.1:80", "us-east-1"},
		{"[::1]:4567", "", "http://[::1]:4567", "us-east-1"},
		{"192.0.2.7:4567", "", "http://192.0.2.7:4567", "us-east-1"},
	} {
		a, err := net.ResolveTCPAddr("tcp", c.address)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"AWS_ENDPOINT_URL_KINESIS=" + c.endpoint, "AWS_ENDPOINT_URL_STS=" + c.endpoint, "AWS_REGION=" + c.want, "AWS_ACCESS_KEY_ID=kin", "AWS_SECRET_ACCESS_KEY=kin"}
		if got := localVariables(a, c.region, ""); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.address, got, want)
		}
	}
}

// With TLS the variables name the file of the authority's certificate.
func TestLocalVariablesWithTLS(t *testing.T) {
	got := localVariables(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4567}, "", "/tmp/ca.pem")
	want := []string{"AWS_ENDPOINT_URL_KINESIS=https://127.0.0.1:4567", "AWS_ENDPOINT_URL_STS=https://127.0.0.1:4567", "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=kin", "AWS_SECRET_ACCESS_KEY=kin", "AWS_CA_BUNDLE=/tmp/ca.pem", "NODE_EXTRA_CA_CERTS=/tmp/ca.pem"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Every flag of kin local sets an option of the endpoint.
func TestLocalOptions(t *testing.T) {
	o := &localOptions{limits: flags.Limits(local.LimitsOn)}
	var f pflag.FlagSet
	o.addFlags(&f)
	err := f.Parse([]string{"--stream", "orders:2", "--limits", "off", "--role", "arn:aws:iam::000000000000:role/reader=secret",
		"--fault", "SubscribeToShard=silent*1", "--consumer-creating-delay", "2s", "--consumer-deleting-delay", "1m"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.endpoint(&env{Console: &console.Console{}})
	if err != nil {
		t.Fatal(err)
	}
	want := local.Options{
		Limits: local.LimitsOff, Streams: []local.StreamSpec{{Name: "orders", Shards: 2}},
		Roles:  []local.Role{{ARN: "arn:aws:iam::000000000000:role/reader", ExternalID: "secret"}},
		Faults: []string{"SubscribeToShard=silent*1"}, ConsumerCreatingDelay: 2 * time.Second, ConsumerDeletingDelay: time.Minute,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestListenValue(t *testing.T) {
	for s, ok := range map[string]bool{
		"127.0.0.1:4567": true, "127.0.0.1:0": true, ":4567": true, "[::1]:4567": true, "localhost:1": true,
		"": false, "4567": false, "localhost": false, "127.0.0.1:65536": false, "127.0.0.1:http": false, "::1:4567": false,
	} {
		var v flags.Listen
		if err := v.Set(s); (err == nil) != ok {
			t.Errorf("--listen %s: got %v, want accepted %v", s, err, ok)
		}
	}
}

// runLocal closes its endpoint before it returns.
func TestRunLocalEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	out, in := io.Pipe()
	e := newEnv(console.Streams{Out: in, Err: &bytes.Buffer{}})
	ended := make(chan error, 1)
	go func() {
		err := runLocal(ctx, e, &localOptions{listen: "127.0.0.1:0", listenGiven: true, limits: flags.Limits(local.LimitsOn)})
		_ = in.Close()
		ended <- err
	}()
	piece := make([]byte, 1000)
	n, err := out.Read(piece) // all lines are in one write
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(piece[:n]), "\n")
	_, address, found := strings.Cut(first, "http://")
	if !found || rest != "export AWS_ENDPOINT_URL_STS=http://"+address+"\nexport AWS_REGION=us-east-1\nexport AWS_ACCESS_KEY_ID=kin\nexport AWS_SECRET_ACCESS_KEY=kin\n" {
		t.Fatalf("the first write is %q", piece[:n])
	}
	cancel(console.SignalError{Signal: syscall.SIGTERM})
	if err := <-ended; !errors.Is(err, error(console.SignalError{Signal: syscall.SIGTERM})) {
		t.Errorf("got %v", err)
	}
	var d net.Dialer
	if c, err := d.DialContext(t.Context(), "tcp", address); err == nil {
		_ = c.Close()
		t.Errorf("the endpoint still listens on %s", address)
	}
}

//go:build unix

package awsclient

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// feed makes a pipe, as a shell does for <(command), and writes text to its first
// reader. For a second one there is nothing.
func feed(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		_, _ = f.WriteString(text)
		_ = os.Remove(path)
		_ = f.Close()
	}()
	t.Cleanup(func() { // a reader lets the open return
		if f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = f.Close()
		}
	})
	return path
}

// Files of AWS that are pipes, by process substitution, can be read only once.
func TestFault12FilesAreReadOnceAtTheStart(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Shards":[]}`)
	}))
	defer server.Close()
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for _, profile := range []string{"", "p"} {
		clean(t)
		t.Setenv("AWS_CONFIG_FILE", feed(t, "[profile p]\nregion = eu-west-1\n[default]\nregion = eu-west-1\n"))
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", feed(t, "[p]\naws_access_key_id = a\naws_secret_access_key = b\n[default]\naws_access_key_id = a\naws_secret_access_key = b\n"))
		t.Setenv("AWS_CA_BUNDLE", feed(t, certificate))
		client, region, err := newKinesis(t.Context(), Options{Endpoint: server.URL, Profile: profile})
		if err != nil || region != "eu-west-1" {
			t.Fatalf("profile %q: region %q, %v", profile, region, err)
		}
		if _, err := client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("a")}); err != nil {
			t.Errorf("profile %q: %v", profile, err)
		}
	}
}

// A profile that asks for an MFA code is read once, too, and its error has the source.
func TestFault12ProfileWithMFAIsReadOnce(t *testing.T) {
	clean(t)
	t.Setenv("AWS_CONFIG_FILE", feed(t, "[profile keys]\naws_access_key_id = a\naws_secret_access_key = b\n"+
		"[profile mfa]\nrole_arn = "+role+"\nsource_profile = keys\nmfa_serial = device\n"))
	_, _, err := newKinesis(t.Context(), Options{Region: "eu-west-1", Profile: "mfa"})
	var found *CredentialsError
	if !errors.As(err, &found) || found.Source.MFA != "device" || !found.Permanent() {
		t.Errorf("got %v", err)
	}
}

// A pipe that nobody writes to does not hold up a signal.
func TestFault12PipeWithoutWriterEndsWithTheContext(t *testing.T) {
	clean(t)
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // lets the open return
		if f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = f.Close()
		}
	})
	t.Setenv("AWS_CONFIG_FILE", path)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	cancel(cause)
	if _, _, err := newKinesis(ctx, Options{Region: "eu-west-1"}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

// A call that ends while its credentials are loaded again was not accepted, and says so
// through the errors of the SDK.
func TestFault12CallThatEndsInAReloadIsUnsent(t *testing.T) {
	clean(t)
	rotate(t, "OLD")
	j := newJudge(t)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: j.URL})
	if err != nil {
		t.Fatal(err)
	}
	j.valid = "NEW"
	path := os.Getenv("AWS_SHARED_CREDENTIALS_FILE")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0) // returns when the reload reads
		cancel()
		<-ended
		if err == nil {
			_ = f.Close()
		}
	}()
	_, err = client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte("x")}}})
	var found *CredentialsError
	if !errors.As(err, &found) || !errors.Is(err, context.Canceled) || !service.IsUnsent(err) || service.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

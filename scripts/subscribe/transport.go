package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// transport is an HTTP client for a single protocol. It records the protocols of the answers.
type transport struct {
	url    string
	client *http.Client

	mu     sync.Mutex
	protos map[string]bool
}

func newTransport(url, bundle, proto string) (*transport, error) {
	t := &http.Transport{Protocols: new(http.Protocols)}
	switch {
	case proto == "http/1.1":
		t.Protocols.SetHTTP1(true)
	case proto == "h2" && strings.HasPrefix(url, "https:"):
		t.Protocols.SetHTTP2(true)
	case proto == "h2":
		t.Protocols.SetUnencryptedHTTP2(true)
	default:
		return nil, fmt.Errorf("protocol %q: want http/1.1 or h2", proto)
	}
	if bundle != "" {
		pem, err := os.ReadFile(bundle)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("AWS_CA_BUNDLE has no certificate")
		}
	}
	return &transport{url: url, client: &http.Client{Transport: t}, protos: map[string]bool{}}, nil
}

// Do sends a request with a copy of its body. With the SDK's own body some HTTP/1.1 answers break
// off on this side.
func (t *transport) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := t.client.Do(r)
	if err == nil {
		t.mu.Lock()
		t.protos[res.Proto] = true
		t.mu.Unlock()
	}
	return res, err
}

// protocols returns the protocols of the answers.
func (t *transport) protocols() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(slices.Sorted(maps.Keys(t.protos)), " and ")
}

// newClient returns a client of the SDK. Each event stream needs its own client, because all event
// streams of a client share a buffer (SDK 1.56).
func (t *transport) newClient() *kinesis.Client {
	return kinesis.New(kinesis.Options{
		Region:       os.Getenv("AWS_REGION"),
		BaseEndpoint: &t.url,
		HTTPClient:   t,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY")}, nil
		}),
	})
}

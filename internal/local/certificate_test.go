package local

import (
	"crypto/x509"
	"net"
	"testing"
	"time"
)

// The certificate is valid for its names, for servers and for months. Only its own authority
// verifies it.
func TestCertificate(t *testing.T) {
	made, authority, err := Certificate(net.IPv4(192, 0, 2, 7))
	if err != nil {
		t.Fatal(err)
	}
	_, foreign, err := Certificate()
	if err != nil {
		t.Fatal(err)
	}
	leaf := must(x509.ParseCertificate(made.Certificate[0]))(t)
	for _, c := range []struct {
		name      string
		authority []byte
		at        time.Duration
		usage     x509.ExtKeyUsage
		good      bool
	}{
		{"localhost", authority, 0, x509.ExtKeyUsageServerAuth, true},
		{"127.0.0.1", authority, 300 * day, x509.ExtKeyUsageServerAuth, true},
		{"::1", authority, 0, x509.ExtKeyUsageServerAuth, true},
		{"192.0.2.7", authority, 0, x509.ExtKeyUsageServerAuth, true},
		{"192.0.2.8", authority, 0, x509.ExtKeyUsageServerAuth, false},
		{"example.com", authority, 0, x509.ExtKeyUsageServerAuth, false},
		{"localhost", foreign, 0, x509.ExtKeyUsageServerAuth, false},
		{"localhost", authority, 400 * day, x509.ExtKeyUsageServerAuth, false},
		{"localhost", authority, 0, x509.ExtKeyUsageClientAuth, false},
	} {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(c.authority) {
			t.Fatal("the authority is not PEM")
		}
		_, err := leaf.Verify(x509.VerifyOptions{
			DNSName: c.name, Roots: roots, CurrentTime: time.Now().Add(c.at), KeyUsages: []x509.ExtKeyUsage{c.usage},
		})
		if (err == nil) != c.good {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

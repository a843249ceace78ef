package local

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
)

// TLS is the certificate of kin local --tls.
type TLS struct {
	Certificate tls.Certificate
	Authority   string // the file with the certificate of the authority that signed it
}

// CertificateFile creates a certificate for loopback and for ip, and writes the certificate of
// its authority to a temporary file. remove deletes that file.
func CertificateFile(ip net.IP) (made TLS, remove func() error, err error) {
	var others []net.IP
	if !ip.IsLoopback() && !ip.IsUnspecified() {
		others = append(others, ip)
	}
	certificate, authority, err := Certificate(others...)
	if err != nil {
		return TLS{}, nil, err
	}
	file, err := os.CreateTemp("", "kin-local-ca-*.pem")
	if err != nil {
		return TLS{}, nil, fmt.Errorf("write the authority's certificate: %w", err)
	}
	_, err = file.Write(authority)
	if err = errors.Join(err, file.Close()); err != nil {
		return TLS{}, nil, errors.Join(fmt.Errorf("write the authority's certificate: %w", err), os.Remove(file.Name()))
	}
	return TLS{certificate, file.Name()}, func() error { return os.Remove(file.Name()) }, nil
}

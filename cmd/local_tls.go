package cmd

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"

	"kin/internal/local"
)

// localTLS is what kin local --tls serves with.
type localTLS struct {
	certificate tls.Certificate
	authority   string // the file with the certificate of who signed it
}

// localCertificate makes a certificate for loopback, and for the address if it
// is another one; remove removes its file.
func localCertificate(ip net.IP) (made localTLS, remove func() error, err error) {
	var others []net.IP
	if !ip.IsLoopback() && !ip.IsUnspecified() {
		others = append(others, ip)
	}
	certificate, authority, err := local.Certificate(others...)
	if err != nil {
		return localTLS{}, nil, err
	}
	file, err := os.CreateTemp("", "kin-local-ca-*.pem")
	if err != nil {
		return localTLS{}, nil, fmt.Errorf("write the authority's certificate: %w", err)
	}
	_, err = file.Write(authority)
	if err = errors.Join(err, file.Close()); err != nil {
		return localTLS{}, nil, errors.Join(fmt.Errorf("write the authority's certificate: %w", err), os.Remove(file.Name()))
	}
	return localTLS{certificate, file.Name()}, func() error { return os.Remove(file.Name()) }, nil
}

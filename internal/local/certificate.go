package local

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Certificate creates a certificate for loopback (localhost, 127.0.0.1 and ::1) and the given
// addresses. It is valid for a year. authority is the certificate of the authority that signed
// it, in PEM. The authority's key is discarded, so it cannot sign anything else.
func Certificate(addresses ...net.IP) (certificate tls.Certificate, authority []byte, err error) {
	from := time.Now().Add(-time.Hour) // for a client whose clock is behind
	until := from.AddDate(1, 0, 0)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "kin local authority"},
		NotBefore:    from, NotAfter: until,
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "kin local"},
		NotBefore:    from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           append([]net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, addresses...),
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, fmt.Errorf("make a key: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, fmt.Errorf("make a key: %w", err)
	}
	signedCA, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return certificate, nil, fmt.Errorf("sign the authority: %w", err)
	}
	// The issuer must include the fields that CreateCertificate added to the authority.
	if ca, err = x509.ParseCertificate(signedCA); err != nil {
		return certificate, nil, fmt.Errorf("read the authority: %w", err)
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, ca, &leafKey.PublicKey, caKey)
	if err != nil {
		return certificate, nil, fmt.Errorf("sign the certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: leafKey},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signedCA}), nil
}

package awsclient

import (
	"net/url"
	"strings"
)

// IsOutsideAWS reports whether an endpoint is not AWS's. AWS's limits do not apply there. It
// is false for an empty endpoint, which means AWS's.
func IsOutsideAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return false
	}
	host := "." + strings.ToLower(u.Hostname())
	return !strings.HasSuffix(host, ".amazonaws.com") && !strings.HasSuffix(host, ".amazonaws.com.cn")
}

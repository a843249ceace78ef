package awsclient

import (
	"net/url"
	"strings"
)

// IsOutsideAWS says whether an endpoint is not the service's, so that the
// service's limits do not hold there.
func IsOutsideAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return false
	}
	host := "." + strings.ToLower(u.Hostname())
	return !strings.HasSuffix(host, ".amazonaws.com") && !strings.HasSuffix(host, ".amazonaws.com.cn")
}

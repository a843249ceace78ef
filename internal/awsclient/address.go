package awsclient

import (
	"net/url"
	"strconv"
	"strings"
)

// isAddress reports whether a connection can be made to the host and the port of a URL. A
// name that has no address at the moment is one; an empty label or a port that cannot be is
// not.
func isAddress(u *url.URL) bool {
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "" || strings.ContainsAny(host, " /\\") || strings.HasPrefix(host, ".") || strings.Contains(host, "..") {
		return false
	}
	if u.Port() == "" {
		return true // the scheme's
	}
	port, err := strconv.Atoi(u.Port())
	return err == nil && port > 0 && port <= 65535
}

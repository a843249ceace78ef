package awsclient

import (
	"net/url"
	"strconv"
	"strings"
)

// isAddress reports whether the host and the port of a URL are well-formed. It resolves no
// name. An empty label in the host and a port outside 1 to 65535 are not well-formed.
func isAddress(u *url.URL) bool {
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "" || strings.ContainsAny(host, " /\\") || strings.HasPrefix(host, ".") || strings.Contains(host, "..") {
		return false
	}
	if u.Port() == "" {
		return true // the scheme's default port
	}
	port, err := strconv.Atoi(u.Port())
	return err == nil && port > 0 && port <= 65535
}

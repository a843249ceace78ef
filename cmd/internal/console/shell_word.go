package console

import (
	"regexp"
	"strings"
)

// plainWord matches words that a shell reads without quotes.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// ShellWord quotes s for a POSIX shell if necessary.
func ShellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

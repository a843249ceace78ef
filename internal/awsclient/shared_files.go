package awsclient

import (
	"bufio"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
)

// sharedFiles are AWS's shared configuration files, as far as a message about a profile
// needs them. They are read only after the SDK has refused them.
type sharedFiles struct {
	profiles map[string]*sharedProfile
	sessions map[string]bool // names of sso-session sections
	names    []string        // of the files
}

// sharedProfile is one profile with its keys from both files.
type sharedProfile struct {
	name   string
	file   string            // the one that was read last
	values map[string]string // by key in lower case; never printed
	files  map[string]string // the file of each key
}

// readSharedFiles reads both files. A file that is missing has no profiles, and one that
// is not a regular file is not read: a pipe gives its content only once.
func readSharedFiles() *sharedFiles {
	f := &sharedFiles{profiles: map[string]*sharedProfile{}, sessions: map[string]bool{}}
	for _, file := range []struct {
		variable, name string
		plain          bool // sections are named as the profile is
	}{
		{"AWS_CONFIG_FILE", config.DefaultSharedConfigFilename(), false},
		{"AWS_SHARED_CREDENTIALS_FILE", config.DefaultSharedCredentialsFilename(), true},
	} {
		name := file.name
		if given := os.Getenv(file.variable); given != "" {
			name = given
		}
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f.names = append(f.names, name)
		f.read(name, file.plain)
	}
	return f
}

// read adds the sections of a file. What cannot be read is the SDK's to report.
func (f *sharedFiles) read(name string, plain bool) {
	in, err := os.Open(name)
	if err != nil {
		return
	}
	defer func() { _ = in.Close() }()
	var at *sharedProfile // nil in a section that is no profile
	for lines := bufio.NewScanner(in); lines.Scan(); {
		line := lines.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "" || text[0] == '#' || text[0] == ';':
		case text[0] == '[':
			section, _, _ := strings.Cut(text[1:], "]")
			at = f.section(strings.Fields(section), plain)
			if at != nil {
				at.file = name
			}
		case at == nil || line[0] == ' ' || line[0] == '\t': // the value before goes on
		default:
			key, value, found := strings.Cut(text, "=")
			if key = strings.ToLower(strings.TrimSpace(key)); found {
				at.values[key], at.files[key] = strings.TrimSpace(uncommented(value)), name
			}
		}
	}
}

// section is the profile that a section belongs to; nil when it is not one's.
func (f *sharedFiles) section(words []string, plain bool) *sharedProfile {
	switch {
	case len(words) == 2 && words[0] == "sso-session":
		f.sessions[words[1]] = true
		return nil
	case len(words) == 2 && words[0] == "profile" && !plain:
		words = words[1:]
	case len(words) != 1 || !plain && words[0] != "default":
		return nil
	}
	p := f.profiles[words[0]]
	if p == nil {
		p = &sharedProfile{name: words[0], values: map[string]string{}, files: map[string]string{}}
		f.profiles[words[0]] = p
	}
	return p
}

// has reports whether a profile gives a key a value.
func (p *sharedProfile) has(key string) bool { return p.values[key] != "" }

// uncommented is a value without the comment behind it.
func uncommented(value string) string {
	for _, mark := range []string{" #", " ;", "\t#", "\t;"} {
		value, _, _ = strings.Cut(value, mark)
	}
	return value
}

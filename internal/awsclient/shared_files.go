package awsclient

import (
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"gopkg.in/ini.v1"
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
	file, err := ini.LoadSources(ini.LoadOptions{
		InsensitiveKeys:          true,
		AllowNestedValues:        true, // of keys such as s3
		SkipUnrecognizableLines:  true,
		SpaceBeforeInlineComment: true,
		IgnoreContinuation:       true,
		KeyValueDelimiters:       "=",
		PreserveSurroundedQuote:  true,
	}, name)
	if err != nil {
		return
	}
	for _, section := range file.Sections() {
		p := f.section(strings.Fields(section.Name()), plain)
		if p == nil {
			continue
		}
		p.file = name
		for _, key := range section.Keys() {
			p.values[key.Name()], p.files[key.Name()] = key.String(), name
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

package awsclient

import (
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"gopkg.in/ini.v1"
)

// sharedFiles is the content of AWS's shared configuration files that messages about a
// profile need. The files are read only after the SDK failed to find credentials in them.
type sharedFiles struct {
	profiles map[string]*sharedProfile
	sessions map[string]bool // names of sso-session sections
	names    []string        // paths of the files
}

// sharedProfile is one profile with its keys from both files.
type sharedProfile struct {
	name   string
	file   string            // the last file that has the profile
	values map[string]string // by key in lower case; never printed
	files  map[string]string // file of each key
}

// readSharedFiles reads both files. It skips a missing file and a file that is not regular: a
// pipe can be read only once.
func readSharedFiles() *sharedFiles {
	f := &sharedFiles{profiles: map[string]*sharedProfile{}, sessions: map[string]bool{}}
	for _, file := range []struct {
		variable, name string
		plain          bool // a section is named P and not "profile P"
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

// read adds the sections of a file. It ignores errors: the SDK reports them.
func (f *sharedFiles) read(name string, plain bool) {
	file, err := ini.LoadSources(ini.LoadOptions{
		InsensitiveKeys:          true,
		AllowNestedValues:        true, // for keys such as s3
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

// section returns the profile of a section, or nil if the section is not a profile. words are
// the words of the section's name.
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

// has reports whether a profile sets a key to a value that is not empty.
func (p *sharedProfile) has(key string) bool { return p.values[key] != "" }

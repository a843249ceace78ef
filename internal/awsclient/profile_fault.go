package awsclient

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
)

// SettingsError means that a mistake in the environment or in a profile of the shared
// configuration files prevents credentials. Its text never contains the value of a key.
type SettingsError struct {
	Err error // the SDK's error; nil if kin found the mistake itself
	// Advice is what the user can do. It ends with a command. Profile is the profile for
	// that command; it is empty if there is none.
	Advice, Profile string

	text string
}

func (e *SettingsError) Error() string { return e.text }
func (e *SettingsError) Unwrap() error { return e.Err }

// Brief returns the error's text.
func (e *SettingsError) Brief() string { return e.text }

// Permanent is true: a retry does not change a setting.
func (e *SettingsError) Permanent() bool { return true }

// namedFault returns the error for a configuration that the SDK refused. It looks for the
// cause in the shared files and the environment. If it finds one, the error is a
// *CredentialsError that names it and wraps a *ConfigError. Otherwise it is the *ConfigError.
func namedFault(o Options, err error) error {
	base := &ConfigError{fmt.Errorf("load AWS configuration: %w", err)}
	source := sourceOf(o, nil)
	fault := fileFault(err)
	if fault == nil {
		fault = readSharedFiles().fault(source.Profile)
	}
	if fault == nil {
		fault = webIdentityFault()
	}
	if fault == nil {
		fault = containerFault()
	}
	if fault == nil {
		return base
	}
	fault.Err = base
	return &CredentialsError{fault, source}
}

// fileFault returns the error for a shared file that cannot be read. It returns nil if err
// has another cause.
func fileFault(err error) *SettingsError {
	var file config.SharedConfigLoadError
	if !errors.As(err, &file) {
		return nil
	}
	reason := innermost(file.Err)
	if info, statErr := os.Stat(file.Filename); statErr == nil && info.IsDir() {
		reason = "it is a directory"
	}
	return &SettingsError{
		text:   printable("the AWS configuration file " + file.Filename + " cannot be read: " + reason),
		Advice: "set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to files, or unset them",
	}
}

// The variables of a web identity: the file with its token, and the role to assume.
const (
	identityToken   = "AWS_WEB_IDENTITY_TOKEN_FILE"
	webIdentityRole = "AWS_ROLE_ARN"
)

// webIdentityFault returns the fault of the web identity in the environment, or nil.
func webIdentityFault() *SettingsError {
	role := os.Getenv(webIdentityRole)
	switch {
	case os.Getenv(identityToken) == "":
		return nil
	case role == "":
		return halfPair(identityToken, webIdentityRole)
	case !isRoleARN(role):
		return &SettingsError{
			text:   printable(webIdentityRole + " is " + role + ", which is not the ARN of a role"),
			Advice: "export " + webIdentityRole + "=ARN",
		}
	}
	return nil
}

// containerURI is the variable with the URL of the container's credentials endpoint.
const containerURI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

// isContainerURL reports whether s may be the URL of a container's credentials endpoint. The
// SDK checks its host. An empty s is allowed: it means that none is set.
func isContainerURL(s string) bool {
	u, err := url.Parse(s)
	return s == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

// containerFault returns the error for a container's endpoint that the SDK refused. It
// returns nil if the environment names none.
func containerFault() *SettingsError {
	if os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || os.Getenv(containerURI) == "" {
		return nil
	}
	return &SettingsError{
		text:   containerURI + " is not a URL for the credentials of a container: want https, or http to this machine or the container service",
		Advice: "correct it, or run: unset " + containerURI,
	}
}

// missingPart explains the error of a search that found no credentials: it adds the setting
// that is missing. It returns other errors unchanged.
func missingPart(err error, source Source) error {
	var found *CredentialsError
	var role *RoleError
	var empty *credentials.StaticCredentialsEmptyError
	if errors.As(err, &role) || !errors.As(err, &found) {
		return err
	}
	var fault *SettingsError
	switch {
	case source.Kind == EnvironmentKeys && errors.As(err, &empty):
		if fault = environmentFault(); fault == nil {
			fault = &SettingsError{text: printable(source.text(Role{}) + " takes its keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which are not set"),
				Advice: "export AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY=SECRET"}
		}
	case source.Kind == NoSource && askedInstance(err):
		if !source.ProfileGiven { // a given profile overrides the environment
			fault = environmentFault()
		}
		if fault == nil {
			fault = readSharedFiles().fault(source.Profile)
		}
	}
	if fault == nil {
		return err
	}
	fault.Err = found.Err
	return &CredentialsError{fault, source}
}

// askedInstance reports whether an error comes from a request to the instance metadata.
func askedInstance(err error) bool {
	var op *smithy.OperationError
	for errors.As(err, &op) {
		if op.Service() == "ec2imds" {
			return true
		}
		err = op.Err
	}
	return false
}

// environmentFault returns the error for an environment with only one key of a pair, or with
// a session token and no keys. It returns nil if the environment has both keys or nothing.
func environmentFault() *SettingsError {
	id, idName := firstVariable("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")
	secret, secretName := firstVariable("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	const token = "AWS_SESSION_TOKEN"
	switch {
	case id == secret && (id || os.Getenv(token) == ""):
		return nil
	case id:
		return halfPair(idName, secretName)
	case secret:
		return halfPair(secretName, idName)
	}
	return &SettingsError{text: fmt.Sprintf("%s is set, but %s and %s are not", token, idName, secretName),
		Advice: fmt.Sprintf("export %s=ID %s=SECRET, or run: unset %s", idName, secretName, token)}
}

func halfPair(set, missing string) *SettingsError {
	return &SettingsError{text: fmt.Sprintf("%s is set, but %s is not", set, missing),
		Advice: fmt.Sprintf("export %s=VALUE, or run: unset %s", missing, set)}
}

// firstVariable returns the name of the first variable that is set. If none is set, it
// returns false and the first name.
func firstVariable(names ...string) (set bool, name string) {
	for _, name := range names {
		if os.Getenv(name) != "" {
			return true, name
		}
	}
	return false, names[0]
}

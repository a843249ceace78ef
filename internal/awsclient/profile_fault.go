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

// SettingsError means that the environment, or a profile of the shared configuration
// files, is written in a way that gives no credentials. Its text never has a key's value.
type SettingsError struct {
	Err error // the SDK's
	// Advice says what to do, with a command at its end. Profile is the one that the
	// command is for; empty without one.
	Advice, Profile string

	text string
}

func (e *SettingsError) Error() string { return e.text }
func (e *SettingsError) Unwrap() error { return e.Err }

// Brief is the error itself.
func (e *SettingsError) Brief() string { return e.text }

// Permanent is true: a setting stays until somebody changes it.
func (e *SettingsError) Permanent() bool { return true }

// namedFault is the error of a configuration that the SDK refused. Where a profile of the
// shared files is the reason, it is a *CredentialsError that names the profile, around a
// *ConfigError; else it is the *ConfigError alone.
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

// fileFault is the error of a shared file that cannot be read; nil is another one.
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

// The variables of a web identity: the file of its token, and the role that it is for.
const (
	identityToken   = "AWS_WEB_IDENTITY_TOKEN_FILE"
	webIdentityRole = "AWS_ROLE_ARN"
)

// webIdentityFault is what is wrong with the role of a web identity that variables
// name; nil is nothing.
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

// containerURI names the endpoint of a container's credentials.
const containerURI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

// isContainerURL says whether a URL may be that of a container's credentials; the SDK
// checks its host. Empty is none, and may be.
func isContainerURL(s string) bool {
	u, err := url.Parse(s)
	return s == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

// containerFault is the error of a container's endpoint that the SDK refuses; nil where
// none is named.
func containerFault() *SettingsError {
	if os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || os.Getenv(containerURI) == "" {
		return nil
	}
	return &SettingsError{
		text:   containerURI + " is not a URL that containers may use: want https, or http to this machine or the container service",
		Advice: "correct it, or run: unset " + containerURI,
	}
}

// missingPart adds to a search for credentials that found none what is missing in the
// settings. Other errors are returned as they are.
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
		if !source.ProfileGiven { // it goes before the environment
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

// askedInstance reports whether an error is that of a search for an instance profile.
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

// environmentFault is the error of an environment that has one key of a pair; nil when
// it has both or none.
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

// firstVariable is the first of the variables that is set; else the first one.
func firstVariable(names ...string) (set bool, name string) {
	for _, name := range names {
		if os.Getenv(name) != "" {
			return true, name
		}
	}
	return false, names[0]
}

package awsclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/mattn/go-isatty"
)

// ProcessError means that the credential process of a profile gave no credentials.
type ProcessError struct {
	Reason string // such as "exit status 1"
	// Printed is the end of what the process wrote to stderr, in one line. Nothing
	// of its stdout is in the error: that may hold keys.
	Printed string
}

func (e *ProcessError) Error() string {
	text := "the credential process failed: " + e.Reason
	if e.Printed != "" {
		text += ": " + e.Printed
	}
	return text
}

// useProcess puts a credential process of kin's in place of the SDK's, for a
// profile that has one. The SDK's lets the process write to kin's stderr, so that an
// error cannot quote it, and read kin's stdin, where records may come from.
func useProcess(cfg *aws.Config, profile *config.SharedConfig) error {
	if kind, _ := kindOf(baseOf(profile)); kind != Process {
		return nil
	}
	cfg.Credentials = aws.NewCredentialsCache(process{baseOf(profile).CredentialProcess})
	return assumeProfiles(cfg, profile)
}

// assumeProfiles assumes the roles of a chain of profiles, as the SDK does
// (config/resolve_credentials.go, credsFromAssumeRole).
func assumeProfiles(cfg *aws.Config, profile *config.SharedConfig) error {
	if profile.Source != nil {
		if err := assumeProfiles(cfg, profile.Source); err != nil {
			return err
		}
	}
	switch {
	case profile.RoleARN == "":
		return nil
	case profile.MFASerial != "":
		return config.AssumeRoleTokenProviderNotSetError{}
	}
	next := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(*cfg), profile.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = profile.RoleSessionName
		if d := profile.RoleDurationSeconds; d != nil && *d > o.Duration {
			o.Duration = *d
		}
		if profile.ExternalID != "" {
			o.ExternalID = aws.String(profile.ExternalID)
		}
	})
	cfg.Credentials = aws.NewCredentialsCache(next)
	return nil
}

// process runs a command that prints credentials.
type process struct{ command string }

func (p process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	var printed tail
	builder := processcreds.DefaultNewCommandBuilder{Args: []string{p.command}}
	next := processcreds.NewProviderCommand(processcreds.NewCommandBuilderFunc(func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := builder.NewCommand(ctx)
		if err != nil {
			return nil, err
		}
		if isTerminal(cmd.Stderr) {
			cmd.Stderr = io.MultiWriter(cmd.Stderr, &printed) // it may ask for a code
		} else {
			cmd.Stderr = &printed
		}
		if !isTerminal(cmd.Stdin) {
			cmd.Stdin = nil
		}
		return cmd, nil
	}))
	c, err := next.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = &ProcessError{processReason(err), printed.line()}
	}
	return c, err
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// processReason is what went wrong, without what the process printed to stdout.
func processReason(err error) string {
	var exit *exec.ExitError
	var start *exec.Error
	var provider *processcreds.ProviderError
	switch {
	case !errors.As(err, &provider):
		return innermost(err)
	case strings.HasPrefix(provider.Err.Error(), "credential process timed out"):
		return fmt.Sprintf("it did not end within %s", processcreds.DefaultTimeout)
	case errors.As(err, &exit):
		return exit.Error()
	case errors.As(err, &start):
		return start.Error()
	case errors.Unwrap(provider.Err) != nil: // the parser's, in a text that has the output
		return "its output is not the JSON object of a credential process"
	}
	return provider.Err.Error()
}

// mostPrinted is how many bytes of a process's stderr an error quotes.
const mostPrinted = 500

// tail keeps the end of what is written to it. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex // guards the following
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-mostPrinted):]...)
	t.kept = t.kept[max(0, len(t.kept)-mostPrinted):]
	return len(p), nil
}

// line is what was kept as one printable line.
func (t *tail) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return printable(string(t.kept))
}

// controlSequence is a command to a terminal, such as a colour.
var controlSequence = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]")

// printable is a text without what could move a cursor or forge a line.
func printable(s string) string {
	s = controlSequence.ReplaceAllString(s, "")
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

package awsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
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
	// Unended says that the process was still running after kin's limit.
	Unended bool
	// Printed is the end of the process's stderr, in one line. The error contains nothing of
	// its stdout, which may hold keys.
	Printed string
}

func (e *ProcessError) Error() string {
	text := "the credential process failed: " + e.Reason
	if e.Unended {
		text = "the credential process did not end in time"
	}
	if e.Printed != "" {
		text += ": " + e.Printed
	}
	return text
}

// useProcess makes kin, not the SDK, run the credential process of a profile. It does nothing
// for a profile without one. The SDK connects the process to kin's stderr, so an error could
// not quote its output. It also connects it to kin's stdin, which may contain records.
func useProcess(cfg *aws.Config, profile *config.SharedConfig) error {
	if kind, _ := kindOf(baseOf(profile)); kind != Process {
		return nil
	}
	cfg.Credentials = aws.NewCredentialsCache(process{baseOf(profile).CredentialProcess})
	return assumeProfiles(cfg, profile)
}

// assumeProfiles assumes the roles in a chain of profiles, in the SDK's order
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

// process is a provider that runs a command that prints credentials.
type process struct{ command string }

// pipeDelay is how long kin waits for the output of an ended process that a child of it still
// holds open.
const pipeDelay = time.Second

func (p process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, sourceTimeout)
	defer cancel()
	var printed tail
	output := boundedOutput{stop: cancel}
	cmd, err := processcreds.DefaultNewCommandBuilder{Args: []string{p.command}}.NewCommand(ctx)
	if err != nil {
		return aws.Credentials{}, &ProcessError{Reason: err.Error()}
	}
	cmd.Stdout, cmd.WaitDelay = &output, pipeDelay
	if isTerminal(cmd.Stderr) {
		cmd.Stderr = io.MultiWriter(cmd.Stderr, &printed) // it may ask for a code
	} else {
		cmd.Stderr = &printed
	}
	if !isTerminal(cmd.Stdin) {
		cmd.Stdin = nil
	}
	err = cmd.Run()
	switch {
	case output.exceeded:
		return aws.Credentials{}, &ProcessError{Reason: "it printed more than 1 MiB", Printed: printed.line()}
	case ctx.Err() != nil:
		return aws.Credentials{}, &ProcessError{Unended: true, Printed: printed.line()}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // ErrWaitDelay: the process itself succeeded
		return aws.Credentials{}, &ProcessError{Reason: err.Error(), Printed: printed.line()}
	}
	c, reason := processOutput(output.kept.Bytes())
	if reason != "" {
		return aws.Credentials{}, &ProcessError{Reason: reason, Printed: printed.line()}
	}
	return c, nil
}

// processOutput parses the output of a credential process. reason is the error, or "" on
// success. It quotes nothing of the output.
func processOutput(output []byte) (c aws.Credentials, reason string) {
	var out processcreds.CredentialProcessResponse
	switch err := json.Unmarshal(output, &out); {
	case err != nil:
		return c, "its output is not the JSON object of a credential process"
	case out.Version != 1:
		return c, "wrong version in process output (not 1)"
	case out.AccessKeyID == "":
		return c, "missing AccessKeyId in process output"
	case out.SecretAccessKey == "":
		return c, "missing SecretAccessKey in process output"
	}
	if name := controlIn(aws.Credentials{AccessKeyID: out.AccessKeyID, SecretAccessKey: out.SecretAccessKey, SessionToken: out.SessionToken},
		"AccessKeyId", "SecretAccessKey", "SessionToken"); name != "" {
		return c, "the " + name + " in its output has " + controlText
	}
	c = aws.Credentials{Source: processcreds.ProviderName, AccessKeyID: out.AccessKeyID, SecretAccessKey: out.SecretAccessKey,
		SessionToken: out.SessionToken, AccountID: out.AccountID}
	if out.Expiration != nil {
		c.CanExpire, c.Expires = true, *out.Expiration
	}
	return c, ""
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// maxOutput limits the stdout of a process in bytes. It is many times the size of
// credentials.
const maxOutput = 1 << 20

// boundedOutput keeps the stdout of a process. It stops the process after maxOutput bytes,
// because the process may print forever.
type boundedOutput struct {
	kept bytes.Buffer

	exceeded bool
	stop     func() // ends the process
}

func (o *boundedOutput) Write(p []byte) (int, error) {
	if o.kept.Len()+len(p) > maxOutput {
		o.exceeded = true
		o.stop()
		return 0, io.ErrShortBuffer
	}
	return o.kept.Write(p)
}

// maxQuoted is the number of bytes of a process's stderr that an error quotes.
const maxQuoted = 500

// tail keeps the last maxQuoted bytes written to it. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex // guards the following
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-maxQuoted):]...)
	t.kept = t.kept[max(0, len(t.kept)-maxQuoted):]
	return len(p), nil
}

// line returns the kept bytes as one printable line.
func (t *tail) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return printable(string(t.kept))
}

// controlSequence matches a terminal control sequence, such as one for a colour.
var controlSequence = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]")

// printable returns a text in one line, without characters that could move the cursor or fake
// a line of output.
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

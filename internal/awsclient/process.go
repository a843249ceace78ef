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
	// Unended says that the process was still running when its time was over.
	Unended bool
	// Printed is the end of what the process wrote to stderr, in one line. Nothing
	// of its stdout is in the error: that may hold keys.
	Printed string
}

func (e *ProcessError) Error() string {
	text := "the credential process failed: " + e.Reason
	if e.Unended {
		text = "the credential process did not end"
	}
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

// pipeDelay is how long a process that has ended is waited for when a child of it still
// holds its output open.
const pipeDelay = time.Second

func (p process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, sourceTimeout)
	defer cancel()
	var printed tail
	output := boundedOutput{full: cancel}
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
	case output.over:
		return aws.Credentials{}, &ProcessError{Reason: "it printed more than 1 MiB", Printed: printed.line()}
	case ctx.Err() != nil:
		return aws.Credentials{}, &ProcessError{Unended: true, Printed: printed.line()}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // which says that the process itself succeeded
		return aws.Credentials{}, &ProcessError{Reason: err.Error(), Printed: printed.line()}
	}
	c, reason := processOutput(output.kept.Bytes())
	if reason != "" {
		return aws.Credentials{}, &ProcessError{Reason: reason, Printed: printed.line()}
	}
	return c, nil
}

// processOutput parses what a credential process printed. The reason, empty on success,
// quotes nothing of it.
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

// mostOutput is how many bytes of a process's stdout are kept: many times what
// credentials have.
const mostOutput = 1 << 20

// boundedOutput keeps what a process prints. Beyond mostOutput it ends the process, which
// may never end.
type boundedOutput struct {
	kept bytes.Buffer
	over bool
	full func() // ends the process
}

func (o *boundedOutput) Write(p []byte) (int, error) {
	if o.kept.Len()+len(p) > mostOutput {
		o.over = true
		o.full()
		return 0, io.ErrShortBuffer
	}
	return o.kept.Write(p)
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

package cmd

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"kin/cmd/internal/console"
	"kin/cmd/internal/consumers"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"
	"kin/cmd/internal/settings"
	"kin/efo"
	"kin/internal/awsclient"
	"kin/internal/service"
	"kin/survey"
)

// env is what a command needs besides its own flags: the console and the flags that all
// commands share.
type env struct {
	*console.Console

	connection flags.Connection
	origins    settings.Origins
	help       manual.HelpFlags
	helpErr    error // the error of printing help

	client service.Client // of the run; set by kinesis
}

// newEnv returns an env with the defaults of the global flags.
func newEnv(s console.Streams) *env {
	return &env{Console: console.New(s), origins: settings.NewOrigins()}
}

// kinesis creates a client for the given streams, which are names or ARNs, and keeps it for
// messages. The region of an ARN overrides a region from the settings.
func (e *env) kinesis(ctx context.Context, streams ...string) (service.Client, error) {
	o, err := e.awsOptions(streams...)
	if err != nil {
		return service.Client{}, err
	}
	e.client, err = awsclient.New(ctx, o)
	return e.client, err
}

// awsOptions returns the options of a client for the given streams.
func (e *env) awsOptions(streams ...string) (awsclient.Options, error) {
	o, err := e.connection.AWSOptions(e.origins, streams...)
	o.Version, o.Log, o.Report = version(), e.Log, e.Print
	return o, err
}

// report prints err once and returns the exit code. It prints nothing for a run that a
// signal ended.
func (e *env) report(ctx context.Context, err error) int {
	var silent console.SilentError
	var sig console.SignalError
	switch {
	case err == nil, errors.Is(err, console.ErrStdoutClosed):
		return console.ExitOK
	case errors.As(err, &silent):
		return silent.Code
	case errors.As(err, &sig), errors.Is(err, context.Canceled) && errors.As(context.Cause(ctx), &sig):
		return sig.ExitCode()
	}
	x := e.explain(ctx, err)
	e.PrintError(x)
	return x.Code
}

// explain turns an error into message, hint and exit code.
func (e *env) explain(ctx context.Context, err error) console.Explanation {
	x := console.Explainer{Region: e.client.Region, FlagOrigins: e.origins.AddToHint, ConnectionOrigins: e.origins.AddConnectionToHint}
	if client := e.client.API; client != nil {
		x.Streams = func(ctx context.Context) ([]string, error) { return survey.StreamNames(ctx, client) }
	}
	return x.Explain(ctx, err)
}

// closed combines the result of a run with the error of closing its files. If only closing
// failed, that fails the run. If both failed, closed prints err and returns result.
func (e *env) closed(ctx context.Context, result, err error) error {
	switch {
	case err == nil:
		return result
	case result == nil, errors.Is(result, console.ErrStdoutClosed):
		return err
	}
	e.PrintError(e.explain(ctx, err))
	return result
}

// consumers opens the consumers of a stream. A timeout of 0 is the default. ids are names
// or ARNs of consumers.
func (e *env) consumers(ctx context.Context, stream string, timeout time.Duration, ids ...string) (*consumers.Stream, error) {
	return consumers.Open(ctx, e.Console, consumers.Options{
		Stream: stream, IDs: ids, Timeout: timeout, Flags: e.connection.CommandFlags(e.origins), Explain: e.explain,
		Connect: func(ctx context.Context, streams ...string) (efo.Client, error) { return e.kinesis(ctx, streams...) },
	})
}

// release is the version of a release build. The linker sets it: -X kin/cmd.release=1.2.3.
var release string

// version returns the release. For a build from source it returns the version that the Go
// tool recorded, or devel.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// versionLine returns what `kin version` and `kin --version` print.
func versionLine() string {
	return fmt.Sprintf("kin %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

package cmd

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/cmd/internal/console"
	"kin/internal/awsclient"
	"kin/internal/record"
	"kin/survey"
)

// env is what a command needs beside its own flags: the console, and the flags that
// all commands share.
type env struct {
	*console.Console

	profile, region, endpoint string
	connection                connection
	origins                   map[string]string // where flags came from that are not from the command line
	narrow                    map[string]bool   // those of them that another command does not get

	// The client of the run and its region, once kinesis has made it.
	client       *kinesis.Client
	clientRegion string
}

// newEnv returns the environment before the flags were parsed.
func newEnv(s console.Streams) *env {
	return &env{Console: console.New(s), origins: map[string]string{}, narrow: map[string]bool{}}
}

// kinesis returns a client for the given streams, names or ARNs. Streams that
// are named by ARN bring their region along.
func (e *env) kinesis(ctx context.Context, streams ...string) (*kinesis.Client, error) {
	o, err := e.awsOptions(streams...)
	if err != nil {
		return nil, err
	}
	e.client, e.clientRegion, err = awsclient.NewKinesis(ctx, o)
	return e.client, err
}

// awsOptions are those of a client for the given streams.
func (e *env) awsOptions(streams ...string) (awsclient.Options, error) {
	asked := e.region
	if e.origins["region"] != "" {
		asked = "" // a setting is for where nothing else says it, as AWS_REGION is
	}
	region, err := regionOf(streams, asked)
	if err != nil {
		return awsclient.Options{}, err
	}
	if region == "" {
		region = e.region
	}
	if err := e.connection.check(); err != nil {
		return awsclient.Options{}, err
	}
	return awsclient.Options{
		Profile:  e.profile,
		Region:   region,
		Endpoint: e.endpoint,
		Keys:     e.connection.keys(),
		Role:     e.connection.role(),
		Version:  version(),
		Log:      e.Log,
		Report:   e.Print,
	}, nil
}

// regionOf returns the region that the ARNs among streams name, or fallback.
func regionOf(streams []string, fallback string) (string, error) {
	region := ""
	for _, s := range streams {
		named := record.ParseStream(s).Region
		if named == "" {
			continue
		}
		if region != "" && region != named {
			return "", console.Usage("streams of one run must be in one region: %s and %s were named", region, named)
		}
		region = named
	}
	if region != "" && fallback != "" && region != fallback {
		return "", console.Usage("--region %s contradicts the region of the stream's ARN, %s", fallback, region)
	}
	if region != "" {
		return region, nil
	}
	return fallback, nil
}

// report prints err, once, and returns the exit code. A run that a signal
// ended has nothing more to say.
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
	x := console.Explainer{Region: e.clientRegion, FlagOrigins: e.withOrigins, ConnectionOrigins: e.connectionOrigins}
	if client := e.client; client != nil {
		x.Streams = func(ctx context.Context) ([]string, error) { return survey.StreamNames(ctx, client) }
	}
	return x.Explain(ctx, err)
}

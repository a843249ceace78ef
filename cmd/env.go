package cmd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/mattn/go-isatty"

	"kin/internal/awsclient"
	"kin/internal/record"
)

// Streams are the three standard streams of a run. In main they are the
// process's own files; a test passes buffers.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// env is what a command needs beside its own flags: streams, log, and the
// flags that all commands share.
type env struct {
	Streams
	log *slog.Logger

	profile, region, endpoint string
	connection                connection
	origins                   map[string]string // where flags came from that are not from the command line
	narrow                    map[string]bool   // those of them that another command does not get
	color                     colorMode
	verbose, quiet, debug     bool

	// The client of the run and its region, once kinesis has made it.
	client       *kinesis.Client
	clientRegion string

	stderr *stderr // every message goes through it
}

// newEnv returns the environment before the flags were parsed.
func newEnv(s Streams) *env {
	return &env{Streams: s, stderr: newStderr(s.Err), log: slog.New(slog.DiscardHandler), color: colorAuto, origins: map[string]string{}, narrow: map[string]bool{}}
}

// flagsParsed is called once, when the global flags have their values.
func (e *env) flagsParsed() error {
	if e.verbose && e.quiet {
		return usage("-v and -q contradict each other: want one of them")
	}
	if e.debug {
		e.log = slog.New(slog.NewTextHandler(stderrLog{e.stderr}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return nil
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
		Log:      e.log,
		Report:   e.print,
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
			return "", usage("streams of one run must be in one region: %s and %s were named", region, named)
		}
		region = named
	}
	if region != "" && fallback != "" && region != fallback {
		return "", usage("--region %s contradicts the region of the stream's ARN, %s", fallback, region)
	}
	if region != "" {
		return region, nil
	}
	return fallback, nil
}

// colorMode is the value of --color.
type colorMode string

const (
	colorAuto   colorMode = "auto"
	colorAlways colorMode = "always"
	colorNever  colorMode = "never"
)

func (m *colorMode) String() string { return string(*m) }
func (m *colorMode) Type() string   { return "when" }

func (m *colorMode) Set(s string) error {
	switch c := colorMode(s); c {
	case colorAuto, colorAlways, colorNever:
		*m = c
		return nil
	}
	return fmt.Errorf("want auto, always or never")
}

// colored says whether output to w is coloured: on a terminal, unless NO_COLOR
// or TERM=dumb is set; --color overrides all of that.
func (e *env) colored(w io.Writer) bool {
	switch e.color {
	case colorAlways:
		return true
	case colorNever:
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// isTerminal says whether w (or a reader) is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/settings"
	"kin/internal/local"
)

func newLocal(e *env) *cobra.Command {
	o := &localOptions{listen: flags.DefaultListen, limits: flags.Limits(local.LimitsOn)}
	c := &cobra.Command{
		Use:   "local [-- COMMAND ARG...]",
		Short: "Run an embedded Kinesis endpoint on this machine",
		Long: `Run an embedded Kinesis endpoint, for development, tests and CI. Everything is
kept in memory and gone when it ends. kin, AWS's own CLI and the SDKs work
against it, with any credentials, or with those of a --role, which its STS gives.

Once it listens it prints the lines a shell needs to use it, and stays in the
foreground until a signal. With a command behind -- it prints nothing, runs the
command with those variables set, and exits with its code: 128 plus the signal
if one ended it, 127 if there is no such command, 126 if it cannot be run.
Without --listen the command's endpoint takes any free port.

It listens on this machine only, unless --listen names another address; nobody
is asked for credentials.

Streams, shards, iterators, retention and error codes are as the service's. So
are the limits: per shard 5 reads, 2 MiB read, 1,000 records and 1 MiB written
a second; per consumer and shard 2 MiB pushed a second. --limits window counts
them in whole seconds, --limits off does not. Streams and consumers change their
status at once, unless --consumer-creating-delay and --consumer-deleting-delay
say how long a consumer takes to become ACTIVE and to go.

It speaks HTTP/1.1 and HTTP/2 without TLS (by prior knowledge). --tls makes it
speak both over TLS, with a certificate for this machine that is made for the
run. The authority's certificate is in a file, named by two more variables,
AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS, and gone when the run ends.

--fault OP=FAULT scripts what goes wrong: for every call of an operation, for
the next N calls (OP=FAULT*N), or with a probability (OP=FAULT@P). OP is an
operation, such as GetRecords, or * for all. FAULT is

  an error code     XxxException, InternalFailure, ServiceUnavailable, or one of
                    AWS's for refused signatures, such as ExpiredToken
  latency:D         the answer begins D later
  skew:D            the endpoint's clock is D ahead, or behind with -D: a signature
                    that is 5 minutes off gets InvalidSignatureException
  reset             the connection is reset, and nothing was done
  garbage, html     an answer that is not Kinesis, and nothing was done
  cut, stall        the call is done; its answer ends half-way, or stops there
  expired-iterator  GetRecords: ExpiredIteratorException
  expired-token     a list call with a NextToken: ExpiredNextTokenException
  repeat-token      a list call: the first page and the same NextToken again
  empty-page        a list call: an empty page, with a NextToken that leads on
  empty             GetRecords: no records, yet MillisBehindLatest above zero
  partial:3,7,499   PutRecords: these entries, counted from 0, are throttled
  partial           PutRecords: every second entry is throttled

and of SubscribeToShard, where cut and stall are in the middle of an event:

  silent               nothing comes, until its five minutes are over
  empty                it ends with no event
  early, early:N       it ends after the first event, or after N
  cut:N, stall:N       cut and stall after N events
  stream:CODE[:N]      an error in the stream, at once or after N events
  no-initial-response  the first frame is missing, whatever else happens
  no-end, no-end:HOW   the end of a closed shard is not announced: the connection
                       breaks there (break), the stream closes (close), or empty
                       events go on (idle); whatever else happens

Faults can also be added, listed and cleared while it runs: POST, GET and
DELETE /_kin/fault.`,
		Example: `  kin local --stream orders:4
  kin local --stream orders:4 --stream payments --limits off -- ./run-tests
  kin local --stream orders --tls -- ./run-tests
  kin local --stream orders --fault 'GetRecords=InternalFailure*3' -- kin read orders --from earliest --available-now`,
		Args: localArguments,
		RunE: func(c *cobra.Command, args []string) error {
			o.command = args
			o.listenGiven = c.Flags().Changed("listen")
			return runLocal(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	c.Annotations = map[string]string{settings.RefusedAnnotation: "profile,endpoint"}
	c.Flags().SetInterspersed(false) // a forgotten -- is noticed at the command, not at its flags
	return c
}

type localOptions struct {
	listen      flags.Listen
	listenGiven bool
	streams     flags.Streams
	limits      flags.Limits
	roles       flags.Roles
	faults      flags.Faults
	tls         bool
	creating    flags.Duration
	deleting    flags.Duration
	command     []string // empty = stay in the foreground
}

func (o *localOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.listen, "listen", "`address` to listen on; port 0 takes any free one")
	f.Var(&o.streams, "stream", "a stream that exists from the start: `NAME[:SHARDS]` (repeatable)")
	f.Var(&o.limits, "limits", "the service's throughput limits: on, off or window")
	f.Var(&o.roles, "role", "a role that AssumeRole gives credentials of: `ARN[=EXTERNAL_ID]` (repeatable)")
	f.BoolVar(&o.tls, "tls", false, "speak TLS, with a certificate made for this run")
	f.Var(&o.creating, "consumer-creating-delay", "how long a consumer is CREATING")
	f.Var(&o.deleting, "consumer-deleting-delay", "how long a consumer is DELETING")
	f.Var(&o.faults, "fault", "a scripted fault: `OP=FAULT[*N|@P]` (repeatable)")
}

// localArguments wants a command behind --, or nothing.
func localArguments(c *cobra.Command, args []string) error {
	switch dash := c.ArgsLenAtDash(); {
	case dash < 0 && len(args) > 0, dash > 0:
		return console.UsageHint("for example: kin local --stream orders:4 -- "+strings.Join(args, " "),
			"kin local takes a command after --, got %q", args[0])
	case dash == 0 && len(args) == 0:
		return console.Usage("the command after -- is missing")
	}
	return nil
}

func (o *localOptions) endpoint(e *env) (local.Options, error) {
	if e.connection.Profile != "" || e.connection.Endpoint != "" {
		return local.Options{}, console.Usage("--profile and --endpoint are for commands that call a service; kin local is the service")
	}
	return local.Options{
		Limits: local.Limits(o.limits), Streams: o.streams, Roles: o.roles, Faults: o.faults, Log: e.Log,
		ConsumerCreatingDelay: time.Duration(o.creating), ConsumerDeletingDelay: time.Duration(o.deleting),
	}, nil
}

func runLocal(ctx context.Context, e *env, o *localOptions) (err error) {
	options, err := o.endpoint(e)
	if err != nil {
		return err
	}
	endpoint, err := local.New(options)
	if err != nil {
		return console.Usage("%s", err)
	}
	address := string(o.listen)
	if len(o.command) > 0 && !o.listenGiven {
		address = "127.0.0.1:0"
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return &listenError{err}
	}
	if ip := listener.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		e.Info(fmt.Sprintf("listening on %s: anybody who can reach this machine can read and write the streams", listener.Addr()))
	}
	served := make(chan error, 1)
	serve := func() error { return endpoint.Serve(listener) }
	authority := ""
	if o.tls {
		made, remove, failed := local.CertificateFile(listener.Addr().(*net.TCPAddr).IP)
		if failed != nil {
			return errors.Join(failed, listener.Close())
		}
		defer func() { err = errors.Join(err, remove()) }()
		serve = func() error { return endpoint.ServeTLS(listener, made.Certificate) }
		authority = made.Authority
	}
	go func() { served <- serve() }()
	defer func() {
		err = errors.Join(err, endpoint.Close(), <-served)
	}()

	variables := localVariables(listener.Addr().(*net.TCPAddr), e.connection.Region, authority)
	if len(o.command) > 0 {
		return e.RunCommand(ctx, o.command, append(append(variables, "AWS_EC2_METADATA_DISABLED=true"), settings.NoConnection((&flags.Connection{}).AddFlags, (&destination{}).addFlags)...))
	}
	// In one piece: who sees the first line has all of them.
	if _, err := io.WriteString(e.Out, "export "+strings.Join(variables, "\nexport ")+"\n"); err != nil {
		return console.StdoutError(err)
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// localVariables is the environment in which the AWS SDKs use the endpoint. With
// TLS there is a file with its authority, else the name is empty.
func localVariables(a *net.TCPAddr, region, authority string) []string {
	host := *a
	if host.IP.IsUnspecified() {
		host.IP = net.IPv4(127, 0, 0, 1)
	}
	if region == "" {
		region = local.Region
	}
	scheme := "http://"
	if authority != "" {
		scheme = "https://"
	}
	variables := []string{
		"AWS_ENDPOINT_URL_KINESIS=" + scheme + host.String(),
		"AWS_ENDPOINT_URL_STS=" + scheme + host.String(),
		"AWS_REGION=" + region,
		"AWS_ACCESS_KEY_ID=kin",
		"AWS_SECRET_ACCESS_KEY=kin",
	}
	if authority != "" {
		variables = append(variables, "AWS_CA_BUNDLE="+authority, "NODE_EXTRA_CA_CERTS="+authority)
	}
	return variables
}

// listenError is an address that cannot be had.
type listenError struct{ err error }

func (e *listenError) Error() string { return e.err.Error() }
func (e *listenError) Unwrap() error { return e.err }
func (e *listenError) Hint() string  { return "--listen 127.0.0.1:0 takes any free port" }

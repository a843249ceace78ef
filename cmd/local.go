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
		Use:   "local [flags] [-- COMMAND ARG...]",
		Short: "Run an embedded Kinesis endpoint on this machine",
		Long: `Use it for development, tests and CI. kin, AWS's own CLI and the SDKs work
against it, with any credentials. Everything is kept in memory.

Without a command kin prints the lines that a shell needs to use the endpoint,
and serves until a signal ends it. With a command after -- kin prints nothing,
runs the command with these variables set, and exits with the command's exit
code: 128 plus the number of a signal that ended it, 127 if there is no such
command, 126 if it cannot be run. Without --listen the command's endpoint takes
any free port.

It listens on this machine only, unless --listen names another address. It
accepts any credentials, but refuses a request without any. Its STS endpoint
gives credentials for the roles of --role.

Streams, shards, iterators, retention, error codes and limits are as in the
service. Each second, a shard accepts 5 reads of 2 MiB in all, and writes of
1,000 records and 1 MiB in all. A consumer gets 2 MiB a second from each shard.
--limits window counts in fixed windows of one second. --limits off removes the
limits. Streams and consumers change their status at once.
--consumer-creating-delay and --consumer-deleting-delay delay the changes of a
consumer.

It speaks HTTP/1.1 and HTTP/2 without TLS (by prior knowledge). With --tls it
speaks both over TLS, with a certificate for this machine that is made for the
run. Two more variables, AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS, name the file
with the certificate of the signing authority. kin removes the file when the run
ends.

--fault OP=FAULT makes every call of an operation fail. OP=FAULT*N does so for
the next N calls, and OP=FAULT@P with a probability. OP is an operation, such as
GetRecords, or * for all. FAULT is one of these:

  an error code     XxxException, InternalFailure, ServiceUnavailable, or one of
                    AWS's for refused signatures, such as ExpiredToken
  latency:D         The answer starts D later.
  skew:D            The endpoint's clock is D ahead, or behind with -D. A
                    signature that is 5 minutes off gets
                    InvalidSignatureException.
  reset             The connection is reset. The call is not executed.
  garbage, html     The answer is not JSON (garbage) or is an HTML page (html).
                    The call is not executed.
  cut, stall        The call is executed. Half of the answer is sent; then the
                    connection closes (cut) or stays open (stall).
  expired-iterator  GetRecords: ExpiredIteratorException.
  expired-token     A list call with a NextToken: ExpiredNextTokenException.
  repeat-token      A list call: the first page and the same NextToken again.
  empty-page        A list call: an empty page with a NextToken to the next one.
  empty             GetRecords: no records, but MillisBehindLatest above zero.
  partial:3,7,499   PutRecords: these entries, counted from 0, are throttled.
  partial           PutRecords: every second entry is throttled.

SubscribeToShard has more faults. Its cut and stall happen in the middle of an
event:

  silent               Nothing comes for the five minutes of a subscription.
  empty                It ends without an event.
  early, early:N       It ends after the first event, or after N.
  cut:N, stall:N       The same as cut and stall, after N events.
  stream:CODE[:N]      An error in the stream, at once or after N events.
  no-initial-response  The first frame is missing, whatever else happens.
  no-end, no-end:HOW   The end of a closed shard is not announced, whatever else
                       happens: the connection breaks (break), the stream closes
                       (close), or empty events go on (idle).

POST, GET and DELETE /_kin/fault add, list and clear the faults of a running
endpoint.`,
		Example: `  # Serve a stream of four shards until Ctrl-C.
  kin local --stream orders:4
  # Run tests against two streams, without limits.
  kin local --stream orders:4 --stream payments --limits off -- ./run-tests
  # Make the first three calls of GetRecords fail.
  kin local --stream orders --fault 'GetRecords=reset*3' -- ./run-tests`,
		Args: localArguments,
		RunE: func(c *cobra.Command, args []string) error {
			o.command = args
			o.listenGiven = c.Flags().Changed("listen")
			return runLocal(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddRegionFlag(c.Flags(), local.Region)
	c.Annotations = map[string]string{flags.Refused: "profile,endpoint"}
	c.Flags().SetInterspersed(false) // without -- the error is about the command, not about its flags
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
	command     []string // empty: serve until a signal
}

func (o *localOptions) addFlags(f *pflag.FlagSet) {
	g := flags.GroupMain.In(f)
	g.Var(&o.streams, "stream", flags.Help{
		Short: "create a stream at the start (repeatable)", Value: "NAME[:SHARDS]",
		Full: "Create a stream at the start, with this many shards or one. It can be repeated.",
	})
	g.Var(&o.listen, "listen", flags.Help{
		Short: "listen here",
		Full:  "Listen at this address. Port 0 means any free port. A command after -- gets any free port if --listen is not given.",
	})
	g.Var(&o.limits, "limits", flags.Help{
		Short: "limits on, off or window",
		Full:  "Apply the service's throughput limits: on, off, or window to count them in fixed windows of one second.",
	})
	g.Bool(&o.tls, "tls", flags.Help{
		Short: "speak TLS, with a new certificate",
		Full:  "Speak TLS, with a certificate that is made for this run.",
	})
	g.Var(&o.roles, "role", flags.Help{
		Short: "add a role for AssumeRole (repeatable)", Value: "ARN[=EXTERNAL_ID]",
		Full: "Add a role that AssumeRole gives credentials for. It can be repeated.",
	})
	g.Var(&o.creating, "consumer-creating-delay", flags.Help{
		Short: "keep consumers CREATING for this long",
		Full:  "Keep a new consumer CREATING for this long. Without it a consumer is ACTIVE at once.",
	})
	g.Var(&o.deleting, "consumer-deleting-delay", flags.Help{
		Short: "keep consumers DELETING for this long",
		Full:  "Keep a removed consumer DELETING for this long. Without it a consumer is gone at once.",
	})
	g.Var(&o.faults, "fault", flags.Help{
		Short: "make calls fail (repeatable)", Value: "OP=FAULT[*N|@P]",
		Full: "Make calls of an operation fail, as described above. It can be repeated.",
	})
}

// localArguments requires a command after --, or nothing.
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
	// One write: a process that sees the first line can read all of them.
	if _, err := io.WriteString(e.Out, "export "+strings.Join(variables, "\nexport ")+"\n"); err != nil {
		return console.StdoutError(err)
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// localVariables returns the environment variables with which the AWS SDKs use the endpoint
// at a. authority is the file of the authority's certificate, or "" without TLS.
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

// listenError means that kin cannot listen at the address.
type listenError struct{ err error }

func (e *listenError) Error() string { return e.err.Error() }
func (e *listenError) Unwrap() error { return e.err }
func (e *listenError) Hint() string  { return "--listen 127.0.0.1:0 takes any free port" }

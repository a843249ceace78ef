// Package awsclient is the only package that builds AWS clients: region, profile,
// credentials, endpoint and retry policy.
//
// Each call of its clients is one attempt. The SDK's retries are off, because the reader and
// the writer have their own retry loops and must see each throttled call. The clients retry
// two refusals, each once in a call: a wrong clock and expired credentials. New does not
// check that the endpoint answers.
package awsclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go/logging"

	"kin/internal/service"
)

// Options has the endpoint and the credentials of a client. The AWS SDK resolves empty
// fields from the environment, the shared configuration files and the instance metadata.
type Options struct {
	Profile string
	Region  string
	// Endpoint is a URL such as http://127.0.0.1:4567.
	Endpoint string
	// Keys, if set, replace the credentials that the SDK would find. Role, if it has an ARN,
	// is assumed with the given or the found credentials.
	Keys Keys
	Role Role
	// Version is kin's version, for the user agent.
	Version string
	// Log receives the SDK's log lines and, at debug level, a line for each attempt of a
	// call. nil discards them.
	Log *slog.Logger
	// Report receives a message if a source of credentials is slow. nil discards it.
	Report func(string)
}

// ErrNoRegion means that no region was given and the SDK found none.
var ErrNoRegion = errors.New("no AWS region")

// ConfigError means that the configuration cannot be used, for example because of an
// unknown profile or a malformed endpoint.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }

// Hint returns advice for the user. It may be empty.
func (e *ConfigError) Hint() string {
	var profile config.SharedConfigProfileNotExistError
	if errors.As(e.Err, &profile) {
		return "check --profile and AWS_PROFILE; list the profiles of AWS's shared configuration files: aws configure list-profiles"
	}
	return ""
}

func (e *ConfigError) Unwrap() error { return e.Err }

// regionName matches the regions that can be part of a host name.
var regionName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// New returns a client for Kinesis Data Streams with its endpoint and region. It retrieves
// the credentials once, so that a run without credentials fails here and not later. Errors
// are *ConfigError, ErrNoRegion, *CredentialsError, *RoleError and *SourceTimeoutError.
func New(ctx context.Context, o Options) (service.Client, error) {
	client, region, err := newKinesis(ctx, o)
	if err != nil {
		return service.Client{}, err
	}
	return service.Client{API: OverSDK(client), Endpoint: aws.ToString(client.Options().BaseEndpoint), Region: region}, nil
}

// newKinesis returns the SDK's client and its region. It returns the errors of New.
func newKinesis(ctx context.Context, o Options) (*kinesis.Client, string, error) {
	cfg, credentials, err := configure(ctx, o)
	if err != nil {
		return nil, "", err
	}
	client := kinesis.NewFromConfig(cfg, func(k *kinesis.Options) {
		k.Retryer, k.RetryMaxAttempts = retriesRefusals{}, 0 // AWS_MAX_ATTEMPTS does not apply
		k.APIOptions = append(k.APIOptions, addRetries(credentials))
		k.HTTPClient = wholeBodies(cfg.HTTPClient)
		if o.Endpoint != "" {
			k.BaseEndpoint = aws.String(o.Endpoint)
		}
	})
	if err := checkEndpoint(aws.ToString(client.Options().BaseEndpoint)); err != nil { // from a profile
		return nil, "", &ConfigError{err}
	}
	if err := checkVariants(client.Options()); err != nil {
		return nil, "", &ConfigError{err}
	}
	return client, cfg.Region, nil
}

// configure resolves the empty options and retrieves the credentials once. The configuration
// uses the returned credentials, which can be renewed.
func configure(ctx context.Context, o Options) (aws.Config, *renewable, error) {
	endpoint := o.Endpoint
	if endpoint == "" {
		endpoint = firstSet("AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL")
	}
	if err := checkEndpoint(endpoint); err != nil {
		return aws.Config{}, nil, &ConfigError{err}
	}
	stsEndpoint := o.Role.STSEndpoint
	if stsEndpoint == "" {
		stsEndpoint = os.Getenv("AWS_ENDPOINT_URL_STS")
	}
	if err := checkEndpoint(stsEndpoint); err != nil {
		return aws.Config{}, nil, &ConfigError{fmt.Errorf("STS %w", err)}
	}
	if err := checkProxies(); err != nil {
		return aws.Config{}, nil, &ConfigError{err}
	}
	cfg, source, err := loadFirst(ctx, o)
	if err != nil {
		return aws.Config{}, nil, err
	}
	if cfg.Region == "" {
		if endpoint == "" {
			return aws.Config{}, nil, ErrNoRegion
		}
		// A given endpoint has no region, but the signature needs one.
		cfg.Region = "us-east-1"
	}
	if !regionName.MatchString(cfg.Region) {
		return aws.Config{}, nil, &ConfigError{fmt.Errorf("region %q: want a name such as us-east-1", cfg.Region)}
	}
	region := cfg.Region
	credentials := newRenewable(credentialsOf(cfg, source, o.Role), source, func(ctx context.Context) (aws.CredentialsProvider, Source, error) {
		return loadCredentials(ctx, o, region)
	})
	cfg.Credentials = credentials
	report := o.Report
	if report == nil {
		report = func(string) {}
	}
	if err := firstCredentials(ctx, credentials, source, o.Role, report); err != nil {
		return aws.Config{}, nil, missingPart(err, source)
	}
	return cfg, credentials, nil
}

// loadFirst calls load at the start of a run. It returns the cause of ctx if ctx ends first.
// It does not wait for load then: opening a pipe without a writer ignores the context.
func loadFirst(ctx context.Context, o Options) (aws.Config, Source, error) {
	type outcome struct {
		cfg    aws.Config
		source Source
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		cfg, source, err := load(ctx, o)
		done <- outcome{cfg, source, err}
	}()
	select {
	case got := <-done:
		return got.cfg, got.source, got.err
	case <-ctx.Done():
		return aws.Config{}, Source{}, context.Cause(ctx)
	}
}

// load resolves the SDK's configuration and the source of its credentials. Errors are
// *ConfigError and *CredentialsError. An error about the files themselves matches both.
func load(ctx context.Context, o Options) (aws.Config, Source, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(newTransport()),
		config.WithLogger(sdkLogger(o.Log)),
		config.WithRetryer(func() aws.Retryer { return retriesRefusals{} }),
		config.WithAssumeRoleCredentialOptions(noCode),
		config.WithAPIOptions([]func(*middlewareStack) error{
			awsmiddleware.AddUserAgentKeyValue("kin", o.Version),
			checkCredentialAnswers,
			nameProxyAnswers,
		}),
	}
	options = append(options, logCalls(ctx, o.Log)...)
	if o.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		options = append(options, config.WithRegion(o.Region))
	}
	if o.Keys != (Keys{}) {
		options = append(options, staticKeys(o.Keys))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, Source{}, namedFault(o, err)
	}
	shared := sharedOf(cfg)
	source := sourceOf(o, shared)
	if fault := checkSource(o, source, shared); fault != nil {
		return aws.Config{}, Source{}, &CredentialsError{fault, source}
	}
	if source.Kind == Process {
		if err := useProcess(&cfg, shared); err != nil {
			return aws.Config{}, Source{}, &CredentialsError{err, source}
		}
	}
	return cfg, source, nil
}

// noCode sets a provider of MFA codes that always fails. Without a provider the SDK fails
// while it loads the configuration; with this one the error has the profile's source.
func noCode(o *stscreds.AssumeRoleOptions) {
	o.TokenProvider = func() (string, error) { return "", config.AssumeRoleTokenProviderNotSetError{} }
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || !isAddress(u) || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("endpoint %q: want a URL such as http://127.0.0.1:4567", endpoint)
	}
	return nil
}

// checkVariants rejects a FIPS or dual-stack setting together with a given endpoint. The SDK
// knows no such variant of the endpoint and would fail each call.
func checkVariants(o kinesis.Options) error {
	endpoint := aws.ToString(o.BaseEndpoint)
	if endpoint == "" {
		return nil
	}
	for _, v := range []struct {
		enabled bool
		name    string
		setting string
	}{
		{o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled, "FIPS", "AWS_USE_FIPS_ENDPOINT (use_fips_endpoint)"},
		{o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled, "dual-stack", "AWS_USE_DUALSTACK_ENDPOINT (use_dualstack_endpoint)"},
	} {
		if v.enabled {
			return fmt.Errorf("%s requires AWS's %s endpoint, but the endpoint is set to %s: use only one of them", v.setting, v.name, withoutUser(endpoint))
		}
	}
	return nil
}

// withoutUser returns an endpoint without its user name and password.
func withoutUser(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "an endpoint"
	}
	u.User = nil
	return u.String()
}

func firstSet(names ...string) string {
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// sdkLogger writes the SDK's log lines to log at debug level.
func sdkLogger(log *slog.Logger) logging.Logger {
	if log == nil {
		return logging.Nop{}
	}
	return logging.LoggerFunc(func(class logging.Classification, format string, v ...any) {
		log.Debug("aws sdk", "class", string(class), "text", strings.TrimSpace(fmt.Sprintf(format, v...)))
	})
}

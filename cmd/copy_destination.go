package cmd

import (
	"context"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/internal/awsclient"
	"kin/internal/record"
	"kin/internal/service"
	"kin/writer"
)

// destination is where copy writes to, and the flags that lead there. What they
// do not say is as it is for the source.
type destination struct {
	stream                    string
	region, profile, endpoint string
	roleARN, roleExternalID   string
	client                    service.Client
}

func (d *destination) addFlags(f *pflag.FlagSet) {
	flags.TextVar(f, &d.region, "dst-region", "a region such as us-east-1", "AWS `region` of DST (default: that of its ARN, or of SRC)")
	flags.TextVar(f, &d.profile, "dst-profile", "the name of a profile", "`name` of the AWS profile for DST (default: the credentials for SRC)")
	flags.TextVar(f, &d.endpoint, "dst-endpoint", flags.WantURL, "`URL` of the service for DST (default: that for SRC)")
	flags.TextVar(f, &d.roleARN, "dst-role-arn", "the ARN of a role, such as arn:aws:iam::123456789012:role/writer", "`ARN` of an IAM role to take on for DST")
	flags.TextVar(f, &d.roleExternalID, "dst-role-external-id", "an external ID", "the external `ID` that --dst-role-arn asks for")
}

func (d *destination) check() error {
	arnRegion := record.ParseStream(d.stream).Region
	switch {
	case d.region != "" && arnRegion != "" && d.region != arnRegion:
		return console.Usage("--dst-region %s contradicts the region of DST's ARN, %s", d.region, arnRegion)
	case d.roleARN != "" && !flags.RoleARNPattern.MatchString(d.roleARN):
		return console.Usage("--dst-role-arn %s: want the ARN of a role, such as arn:aws:iam::123456789012:role/writer", d.roleARN)
	case d.roleExternalID != "" && d.roleARN == "":
		return console.Usage("--dst-role-external-id needs --dst-role-arn")
	case len(d.roleExternalID) == 1 || len(d.roleExternalID) > 1224 || !flags.ExternalIDPattern.MatchString(d.roleExternalID):
		return console.Usage("--dst-role-external-id %s: want 2 to 1224 letters, digits and _+=,.@:/-", d.roleExternalID)
	}
	return nil
}

// connect makes the client for DST. That for SRC is e's.
func (d *destination) connect(ctx context.Context, e *env) error {
	o := awsclient.Options{Profile: d.profile, Endpoint: d.endpoint, Version: version(), Log: e.Log, Report: e.Print}
	if o.Endpoint == "" {
		o.Endpoint = e.connection.Endpoint
	}
	if d.profile == "" {
		o.Profile, o.Region = e.connection.Profile, e.client.Region
		o.Keys, o.Role = e.connection.Keys(), e.connection.Role()
	}
	if arnRegion := record.ParseStream(d.stream).Region; arnRegion != "" {
		o.Region = arnRegion
	}
	if d.region != "" {
		o.Region = d.region
	}
	if d.roleARN != "" {
		o.Role = (&flags.Connection{RoleARN: d.roleARN, RoleExternalID: d.roleExternalID, STSEndpoint: e.connection.STSEndpoint}).Role()
	}
	var err error
	d.client, err = awsclient.New(ctx, o)
	return err
}

// canonicalEndpoint returns one spelling for all names of an endpoint: loopback
// has several.
func canonicalEndpoint(endpoint string) string {
	u, err := url.Parse(strings.ToLower(endpoint))
	if err != nil || u.Host == "" {
		return endpoint
	}
	host, port := u.Hostname(), u.Port()
	if ip := net.ParseIP(host); host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(host, port) + strings.TrimRight(u.Path, "/")
}

// refuseSource refuses to copy a stream into itself, however the two are named.
func (d *destination) refuseSource(ctx context.Context, e *env, source string) error {
	at, there := e.client.Endpoint, d.client.Endpoint
	oneRegion, own := e.client.Region == d.client.Region, awsclient.IsOutsideAWS(at) || awsclient.IsOutsideAWS(there)
	arns := record.ParseStream(source).Region != "" && record.ParseStream(d.stream).Region != ""
	if record.ParseStream(source).Name != record.ParseStream(d.stream).Name || !own && (!oneRegion || arns && source != d.stream) {
		return nil // of two names, regions or accounts
	}
	same := console.UsageHint("give another stream, --dst-region or --dst-endpoint",
		"%s is both SRC and DST: a copy into itself would read what it writes, without end", record.ParseStream(source).Name)
	sameEndpoint, oneCaller := canonicalEndpoint(at) == canonicalEndpoint(there), d.profile == "" && d.roleARN == ""
	if source == d.stream && strings.TrimRight(at, "/") == strings.TrimRight(there, "/") && oneRegion && (arns || oneCaller) {
		return same
	}
	// The same name for two callers, or once with an account and once without, or
	// at an endpoint that may know neither regions nor accounts, or that has two
	// names.
	from, fromCreated, err := writer.Identity(ctx, e.client, source, e.Info)
	if err != nil {
		return err
	}
	to, toCreated, err := writer.Identity(ctx, d.client, d.stream, e.Info)
	switch {
	case err != nil:
		e.client = d.client // hints are about the streams there
		return err
	case (from == "" || to == "") && sameEndpoint:
		return console.UsageHint("name both by their ARNs", "kin cannot tell whether SRC and DST are one stream: DescribeStreamSummary is not allowed")
	case from == "" || to == "":
		e.Info("DescribeStreamSummary is not allowed: kin cannot check whether " + record.ParseStream(source).Name + " is another stream there")
		return nil
	case from == to && (sameEndpoint || !own):
		return same
	case own && fromCreated.Equal(toCreated) && (sameEndpoint || fromCreated.Nanosecond() != 0): // two places make no streams in one millisecond
		return same
	}
	return nil
}

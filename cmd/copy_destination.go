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

// destination is DST, and the flags about it. A flag that is not given has the value for
// SRC.
type destination struct {
	stream                    string
	region, profile, endpoint string
	roleARN, roleExternalID   string
	client                    service.Client
}

func (d *destination) addFlags(f *pflag.FlagSet) {
	g := flags.GroupConnection.In(f)
	g.Text(&d.region, "dst-region", "a region such as us-east-1", flags.Help{
		Short: "AWS region of DST", Value: "region", Default: "from DST's ARN or SRC",
		Full: "The AWS region of DST.",
	})
	g.Text(&d.profile, "dst-profile", "the name of a profile", flags.Help{
		Short: "AWS profile for DST", Value: "name", Default: "SRC's credentials",
		Full: "The name of the AWS profile for DST.",
	})
	g.Text(&d.endpoint, "dst-endpoint", flags.WantURL, flags.Help{
		Short: "URL of the Kinesis endpoint for DST", Value: "URL", Default: "SRC's",
		Full: "The URL of the Kinesis endpoint for DST.",
	})
	g.Text(&d.roleARN, "dst-role-arn", "the ARN of a role, such as arn:aws:iam::123456789012:role/writer", flags.Help{
		Short: "IAM role to assume for DST", Value: "ARN",
		Full: "The ARN of an IAM role to assume for DST.",
	})
	g.Text(&d.roleExternalID, "dst-role-external-id", "an external ID", flags.Help{
		Short: "external ID that DST's role asks for", Value: "ID",
		Full: "The external ID that the role for DST asks for. It needs --dst-role-arn.",
	})
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

// connect creates the client for DST. e.client is the client for SRC.
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

// canonicalEndpoint returns the same text for all names of an endpoint. Loopback, for
// example, has several.
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

// refuseSource refuses to copy a stream into itself, whatever names were given.
func (d *destination) refuseSource(ctx context.Context, e *env, source string) error {
	srcEndpoint, dstEndpoint := e.client.Endpoint, d.client.Endpoint
	sameRegion := e.client.Region == d.client.Region
	outsideAWS := awsclient.IsOutsideAWS(srcEndpoint) || awsclient.IsOutsideAWS(dstEndpoint)
	bothARNs := record.ParseStream(source).Region != "" && record.ParseStream(d.stream).Region != ""
	if record.ParseStream(source).Name != record.ParseStream(d.stream).Name || !outsideAWS && (!sameRegion || bothARNs && source != d.stream) {
		return nil // different names, regions or accounts
	}
	same := console.UsageHint("give another stream, --dst-region or --dst-endpoint",
		"%s is both SRC and DST: the copy would read its own records without end", record.ParseStream(source).Name)
	sameEndpoint, sameCaller := canonicalEndpoint(srcEndpoint) == canonicalEndpoint(dstEndpoint), d.profile == "" && d.roleARN == ""
	if source == d.stream && strings.TrimRight(srcEndpoint, "/") == strings.TrimRight(dstEndpoint, "/") && sameRegion && (bothARNs || sameCaller) {
		return same
	}
	// The name alone does not decide: the callers may differ, one of the two may have no
	// account, or the endpoint may have two names or know neither regions nor accounts.
	from, fromCreated, err := writer.Identity(ctx, e.client, source, e.Info)
	if err != nil {
		return err
	}
	to, toCreated, err := writer.Identity(ctx, d.client, d.stream, e.Info)
	switch {
	case err != nil:
		e.client = d.client // the hint is about streams at DST
		return err
	case (from == "" || to == "") && sameEndpoint:
		return console.UsageHint("name both by their ARNs", "kin cannot check whether SRC and DST are the same stream: DescribeStreamSummary is not allowed")
	case from == "" || to == "":
		e.Info("DescribeStreamSummary is not allowed: kin copies without checking that SRC and DST are different streams")
		return nil
	case from == to && (sameEndpoint || !outsideAWS):
		return same
	// Two endpoints do not create streams in the same millisecond.
	case outsideAWS && fromCreated.Equal(toCreated) && (sameEndpoint || fromCreated.Nanosecond() != 0):
		return same
	}
	return nil
}

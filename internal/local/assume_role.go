package local

import (
	"encoding/xml"
	"strconv"
	"time"
)

// How long credentials of a role may last, in seconds (API documentation of AssumeRole).
const (
	minSession     = 900
	maxSession     = 43200
	defaultSession = 3600
)

// assumeRole issues credentials of a role. The caller must name its ARN and its external ID, if
// it has one. The credentials last for DurationSeconds of the endpoint's clock. An unknown role
// is refused with the same message as a wrong external ID, as in the service.
//
// Not implemented: policies, tags, MFA and source identities, which are ignored; a maximum
// duration for each role.
func (e *Endpoint) assumeRole(c *stsCall) error {
	arn := c.text("RoleArn", text{required: true, min: 20, max: 2048})
	name := c.text("RoleSessionName", text{required: true, min: 2, max: 64, pattern: sessionNamePattern})
	id := c.text("ExternalId", text{min: 2, max: maxExternalID, pattern: externalIDPattern})
	length := defaultSession
	if given := c.text("DurationSeconds", text{}); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil {
			return fail("MalformedInput", "%s is not a number", given)
		}
		switch length = n; {
		case n < minSession:
			c.violations = append(c.violations, violation("durationSeconds", quoted(given), "Member must have value greater than or equal to "+strconv.Itoa(minSession)))
		case n > maxSession:
			c.violations = append(c.violations, violation("durationSeconds", quoted(given), "Member must have value less than or equal to "+strconv.Itoa(maxSession)))
		}
	}
	if err := c.problem(); err != nil {
		return err
	}
	role, known := e.role(arn)
	if !known || role.ExternalID != "" && role.ExternalID != id {
		return fail("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.caller.arn(), arn)
	}
	expires := e.Now().Add(time.Duration(length) * time.Second).Truncate(time.Second)
	s := e.openSession(role, name, expires.UnixMilli())

	var out struct {
		XMLName     xml.Name `xml:"AssumeRoleResult"`
		Credentials struct {
			AccessKeyID     string `xml:"AccessKeyId"`
			SecretAccessKey string
			SessionToken    string
			Expiration      string
		}
		AssumedRoleUser struct {
			AssumedRoleID string `xml:"AssumedRoleId"`
			ARN           string `xml:"Arn"`
		}
	}
	out.Credentials.AccessKeyID = s.key
	out.Credentials.SecretAccessKey = s.secret
	out.Credentials.SessionToken = s.token
	out.Credentials.Expiration = expires.UTC().Format(time.RFC3339)
	out.AssumedRoleUser.AssumedRoleID = s.assumedRoleID
	out.AssumedRoleUser.ARN = s.assumedRoleARN
	return c.replyXML(out)
}

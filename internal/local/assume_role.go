package local

import (
	"encoding/xml"
	"strconv"
	"time"
)

// How long credentials of a role may last (API documentation of AssumeRole).
const (
	leastSession   = 900
	mostSession    = 43200
	defaultSession = 3600
)

// assumeRole gives credentials of a role to anybody who names its ARN and, if
// it has one, its external ID. They last for DurationSeconds of the endpoint's
// clock. A role that the endpoint does not know is refused in the same words,
// as the service does. Policies, tags, MFA and source identities are taken and
// not looked at; a role has no longest duration of its own.
func (e *Endpoint) assumeRole(c *stsCall) error {
	arn := c.text("RoleArn", text{required: true, min: 20, max: 2048})
	name := c.text("RoleSessionName", text{required: true, min: 2, max: 64, pattern: sessionNamePattern})
	id := c.text("ExternalId", text{min: 2, max: mostExternalID, pattern: externalIDPattern})
	length := defaultSession
	if given := c.text("DurationSeconds", text{}); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil {
			return fail("MalformedInput", "%s is not a number", given)
		}
		switch length = n; {
		case n < leastSession:
			c.violations = append(c.violations, violation("durationSeconds", quoted(given), "Member must have value greater than or equal to "+strconv.Itoa(leastSession)))
		case n > mostSession:
			c.violations = append(c.violations, violation("durationSeconds", quoted(given), "Member must have value less than or equal to "+strconv.Itoa(mostSession)))
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

package local

import "encoding/xml"

// getCallerIdentity says whose credentials signed the request: the session of a
// role, or the one user that all others are. A presigned request counts too.
func (e *Endpoint) getCallerIdentity(c *stsCall) error {
	out := struct {
		XMLName xml.Name `xml:"GetCallerIdentityResult"`
		ARN     string   `xml:"Arn"`
		UserID  string   `xml:"UserId"`
		Account string
	}{ARN: c.caller.arn(), UserID: c.caller.key, Account: Account}
	if s := c.caller.session; s != nil {
		out.UserID, out.Account = s.assumedRoleID, s.role.account()
	}
	return c.replyXML(out)
}

// arn is the ARN of who signed a request.
func (w caller) arn() string {
	if w.session != nil {
		return w.session.assumedRoleARN
	}
	return "arn:aws:iam::" + Account + ":user/kin"
}

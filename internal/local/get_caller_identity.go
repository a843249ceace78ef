package local

import "encoding/xml"

// getCallerIdentity returns the identity that signed the request: the session of a role, or the
// one user for all other credentials. It accepts presigned requests too.
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

// arn returns the ARN of the identity that signed a request.
func (w caller) arn() string {
	if w.session != nil {
		return w.session.assumedRoleARN
	}
	return "arn:aws:iam::" + Account + ":user/kin"
}

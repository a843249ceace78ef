package reader

import "fmt"

// unseenReasons are why checks of a checkpoint cannot be made; empty where they can.
type unseenReasons struct {
	recreated string // whether the stream was deleted and created again
	trimmed   string // whether records expired before they were read
}

// reportUnseen keeps and reports why the stream's summary does not show when the
// stream was created, and how long it retains records. An empty reason means that
// it does.
func (s opening) reportUnseen(creation, retention string) {
	const (
		again   = "when the stream is deleted and created again"
		expired = "when records expire before they are read"
	)
	report := func(reason, what string) string {
		reason = fmt.Sprintf("DescribeStreamSummary of %s %s", s.ref.Name, reason)
		s.o.Say(reason + ": the checkpoint will not notice " + what)
		return reason
	}
	switch {
	case creation != "" && creation == retention:
		s.unseen.recreated = report(creation, again+", or "+expired)
		s.unseen.trimmed = s.unseen.recreated
		return
	case creation != "":
		s.unseen.recreated = report(creation, again)
	}
	if retention != "" {
		s.unseen.trimmed = report(retention, expired)
	}
}

// reportUncompared notes and reports that the checkpoint does not say when its
// stream was created.
func (s *Stream) reportUncompared() {
	s.unseen.recreated = "the checkpoint has no creation time of stream " + s.ref.Name
	s.o.Say(s.unseen.recreated + ": kin did not check whether the stream was deleted and created again")
}

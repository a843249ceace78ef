package doctor

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/xhit/go-str2duration/v2"

	"kin/efo"
	"kin/internal/lineage"
)

const (
	// maxSkew is the difference of clocks that is not a finding. maxSignatureSkew is the maximum
	// that signatures tolerate (AWS Signature Version 4).
	maxSkew          = 2 * time.Second
	maxSignatureSkew = 5 * time.Minute
)

func (e *examination) clockCheck() {
	ahead, ok := e.clock.ahead()
	off := ahead.Abs().Round(time.Second)
	side := "ahead of"
	if ahead < 0 {
		side = "behind"
	}
	message := fmt.Sprintf("this machine's clock is %s %s the service's", str2duration.String(off), side)
	switch {
	case !ok && !e.clock.implausible.IsZero():
		e.report.add("clock", Fail, "the service's clock says "+e.clock.implausible.UTC().Format(time.RFC3339)+", which cannot be right", "check --endpoint: the server there is not Kinesis, or its clock is wrong")
	case !ok:
		e.report.add("clock", Skipped, "the service did not send its time", "")
	case ahead.Abs() <= maxSkew:
		e.report.add("clock", OK, "this machine's clock agrees with the service's to the second", "")
	case ahead.Abs() < maxSignatureSkew:
		e.report.add("clock", Warn, message+"; kin uses the service's", "set this machine's clock: the service refuses signatures that are 5 minutes off")
	default:
		e.report.add("clock", Fail, message, "set this machine's clock: the service refuses signatures that are 5 minutes off")
	}
}

// streamCheck adds the state of the stream. described is the error of its description.
func (e *examination) streamCheck(described error) {
	s := e.report.Summary
	switch {
	case s == nil && classify(described) == denied:
		e.report.add("stream", Skipped, "unknown: DescribeStreamSummary is not allowed", "")
		return
	case s == nil && described != nil:
		e.report.add("stream", Skipped, "unknown: DescribeStreamSummary failed", "")
		return
	case s == nil:
		e.report.add("stream", Fail, "the answer of DescribeStreamSummary has no summary", invalidAnswerAdvice)
		return
	case s.StreamStatus == "":
		e.report.add("stream", Fail, "the answer of DescribeStreamSummary has no status of the stream", invalidAnswerAdvice)
		return
	}
	mode := ""
	if s.StreamModeDetails != nil {
		mode = ", " + string(s.StreamModeDetails.StreamMode)
	}
	message := string(s.StreamStatus) + mode
	switch {
	case s.StreamStatus == types.StreamStatusUpdating:
		e.report.add("stream", OK, message+"; you can read and write it meanwhile", "")
	case e.isUsable():
		e.report.add("stream", OK, message, "")
	case s.StreamStatus == types.StreamStatusCreating:
		e.report.add("stream", Fail, message+"; you cannot read or write it yet", "wait until it is ACTIVE, then run kin doctor again")
	default:
		e.report.add("stream", Fail, message+"; you cannot read or write it", "create it again after its deletion")
	}
}

// facts adds the checks that need no further call.
func (e *examination) facts(consumers []efo.Consumer, at time.Time) {
	e.coverageCheck()
	if s := e.report.Summary; s != nil {
		e.report.add("retention", OK, hoursText(aws.ToInt32(s.RetentionPeriodHours))+"; records that are not read within this time are lost", "")
		e.report.recordSizeCheck(s)
		e.report.distributionCheck(s)
		e.report.encryptionCheck(s)
	}
	e.consumersCheck(consumers, at)
}

func hoursText(hours int32) string {
	if hours > 24 && hours%24 == 0 {
		return fmt.Sprintf("%d days", hours/24)
	}
	return fmt.Sprintf("%d hours", hours)
}

// coverageCheck checks that every partition key belongs to an open shard.
func (e *examination) coverageCheck() {
	if e.shards == nil {
		return
	}
	var ranges []lineage.HashKeyRange
	readable := true
	for _, s := range e.shards {
		if r := lineage.ParseHashKeyRange(s.HashKeyRange); r != nil {
			ranges = append(ranges, *r)
		} else if s.HashKeyRange != nil {
			readable = false
		}
	}
	slices.SortFunc(ranges, func(a, b lineage.HashKeyRange) int { return a.Starting.Compare(b.Starting) })
	if !readable || !lineage.Cover(ranges) {
		e.report.add("shards", Warn, fmt.Sprintf("%d open, which do not cover the hash key space", len(e.shards)), "list them again: kin shards "+e.o.Stream)
		return
	}
	e.report.add("shards", OK, fmt.Sprintf("%d open, which cover the hash key space", len(e.shards)), "")
}

func (r *Report) recordSizeCheck(s *types.StreamDescriptionSummary) {
	kib := aws.ToInt32(s.MaxRecordSizeInKiB)
	switch {
	case kib == 0:
		r.add("record size", Skipped, "the endpoint does not report the maximum", "")
	case kib > 1024:
		r.add("record size", OK, fmt.Sprintf("up to %d KiB; the write limit of a shard is still 1 MiB a second", kib), "")
	default:
		r.add("record size", OK, fmt.Sprintf("up to %d KiB", kib), "")
	}
}

func (r *Report) distributionCheck(s *types.StreamDescriptionSummary) {
	if s.RecordDistributionStrategy == types.RecordDistributionStrategyAuto {
		r.add("distribution", OK, "AUTO: the stream ignores partition keys and does not keep the order of their records", "")
		return
	}
	r.add("distribution", OK, "by partition key", "")
}

func (r *Report) encryptionCheck(s *types.StreamDescriptionSummary) {
	switch key := aws.ToString(s.KeyId); {
	case s.EncryptionType != types.EncryptionTypeKms:
		r.add("encryption", OK, "none at rest", "")
	case isAWSManaged(key):
		r.add("encryption", OK, "KMS, with AWS's own key "+key+"; it needs no permission", "")
	default:
		r.add("encryption", OK, "KMS, with "+key+": reading needs kms:Decrypt on it, writing needs kms:GenerateDataKey; kin did not try them", "")
	}
}

// consumersCheck adds the number of consumers, and the consumers that killed runs left registered.
func (e *examination) consumersCheck(consumers []efo.Consumer, at time.Time) {
	const limit = 20 // 50 with On-demand Advantage (API documentation)
	if at.IsZero() {
		return // another check reports that they could not be listed
	}
	message := fmt.Sprintf("%d registered", len(consumers))
	leftovers := efo.Prunable(consumers, e.o.ConsumerPrefix, leftoverAfter, at)
	switch {
	case len(leftovers) > 0:
		e.report.add("consumers", Warn, fmt.Sprintf("%s; killed runs of kin left %d of them, registered more than %s ago (%s)", message, len(leftovers), str2duration.String(leftoverAfter), leftovers[0].Name),
			"AWS bills them: kin consumers prune "+e.o.Stream+" --older-than 1h")
	case len(consumers) >= limit:
		e.report.add("consumers", Warn, message+fmt.Sprintf("; the limit of a stream is %d, or 50 with On-demand Advantage", limit), "remove unused ones with: kin consumers deregister "+e.o.Stream)
	default:
		e.report.add("consumers", OK, message, "")
	}
}

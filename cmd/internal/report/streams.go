package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/survey"
)

// Streams is the output of kin streams -o json. Its members are those of
// DescribeStreamSummary; what the service did not return is absent.
type Streams struct {
	Streams []streamReport `json:"streams"`
}

type streamReport struct {
	StreamName     string `json:"streamName"`
	StreamARN      string `json:"streamARN,omitempty"`
	StreamStatus   string `json:"streamStatus,omitempty"`
	StreamMode     string `json:"streamMode,omitempty"`
	OpenShardCount *int32 `json:"openShardCount,omitempty"`
	Retention      *int32 `json:"retentionPeriodHours,omitempty"`
	ConsumerCount  *int32 `json:"consumerCount,omitempty"`
	EncryptionType string `json:"encryptionType,omitempty"`
	KeyID          string `json:"keyId,omitempty"`
	MaxRecordSize  *int32 `json:"maxRecordSizeInKiB,omitempty"`
	Distribution   string `json:"recordDistributionStrategy,omitempty"`
	Created        string `json:"streamCreationTimestamp,omitempty"`
}

// StreamsOf returns the report of streams.
func StreamsOf(streams []survey.Listed) Streams {
	r := Streams{Streams: []streamReport{}}
	for _, listed := range streams {
		s := listed.Summary
		one := streamReport{
			StreamName: aws.ToString(s.StreamName), StreamARN: aws.ToString(s.StreamARN), StreamStatus: string(s.StreamStatus), StreamMode: modeOf(s),
			OpenShardCount: s.OpenShardCount, Retention: s.RetentionPeriodHours, ConsumerCount: s.ConsumerCount,
			EncryptionType: string(s.EncryptionType), KeyID: aws.ToString(s.KeyId), MaxRecordSize: s.MaxRecordSizeInKiB,
			Distribution: string(s.RecordDistributionStrategy),
		}
		if s.StreamCreationTimestamp != nil {
			one.Created = Time(*s.StreamCreationTimestamp)
		}
		r.Streams = append(r.Streams, one)
	}
	return r
}

func modeOf(s types.StreamDescriptionSummary) string {
	if s.StreamModeDetails == nil {
		return ""
	}
	return string(s.StreamModeDetails.StreamMode)
}

// StreamsTable returns a table of streams, or "" if there are none. An unknown value is a
// dash. There is a column for the status only if one is not ACTIVE.
func StreamsTable(p Palette, streams []survey.Listed) string {
	if len(streams) == 0 {
		return ""
	}
	wide, status := len("NAME"), 0
	for _, listed := range streams {
		s := listed.Summary
		wide = max(wide, len(aws.ToString(s.StreamName)))
		if s.StreamStatus != types.StreamStatusActive {
			status = len("CREATING")
		}
	}
	head := fmt.Sprintf("%-*s  %-11s  %6s  %9s  %9s  %s", wide, "NAME", "MODE", "SHARDS", "RETENTION", "CONSUMERS", "ENCRYPTION")
	if status > 0 {
		head += "  STATUS"
	}
	var t strings.Builder
	fmt.Fprintln(&t, p.Head.Render(head))
	for _, listed := range streams {
		s := listed.Summary
		encryption := orDash(string(s.EncryptionType))
		fmt.Fprintf(&t, "%-*s  %-11s  %6s  %9s  %9s  %s", wide, aws.ToString(s.StreamName), orDash(modeOf(s)),
			numberOrDash(s.OpenShardCount), orDash(ageText(survey.Retention(s))), numberOrDash(s.ConsumerCount), encryption)
		if status > 0 {
			fmt.Fprintf(&t, "%s  %s", strings.Repeat(" ", max(0, len("ENCRYPTION")-len(encryption))), p.Status(orDash(string(s.StreamStatus))))
		}
		t.WriteByte('\n')
	}
	return t.String()
}

// ageText formats a retention period: 24h, 7d, 7d12h. Zero is "".
func ageText(d time.Duration) string {
	hours := int(d / time.Hour)
	switch days := hours / 24; {
	case hours == 0:
		return ""
	case days < 2:
		return strconv.Itoa(hours) + "h"
	case hours%24 == 0:
		return strconv.Itoa(days) + "d"
	default:
		return fmt.Sprintf("%dd%dh", days, hours%24)
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func numberOrDash(n *int32) string {
	if n == nil {
		return "-"
	}
	return strconv.Itoa(int(*n))
}

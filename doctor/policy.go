package doctor

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Need is what a caller wants to do with a stream.
type Need string

// The needs.
const (
	NeedRead  Need = "read"
	NeedTail  Need = "tail"
	NeedWrite Need = "write"
	NeedEFO   Need = "efo"
)

// Needs are all there are.
func Needs() []Need { return []Need{NeedRead, NeedTail, NeedWrite, NeedEFO} }

// ParseNeed reads one of them.
func ParseNeed(s string) (Need, error) {
	if n := Need(s); slices.Contains(Needs(), n) {
		return n, nil
	}
	return "", errors.New("want read, tail, write or efo")
}

// streamCalls are the calls about the stream alone, and consumerCalls those
// about the stream and one of its consumers.
//
// Reading does with the first three; DescribeStreamSummary lets a checkpoint
// notice that the stream was deleted and created again, and finds the ARN that
// calls about consumers want. Writing goes on with PutRecords alone, but then it
// knows neither the shards, whose limits it keeps to, nor the largest record,
// and neither --shard nor --ordered can be had.
func (n Need) streamCalls() []string {
	switch n {
	case NeedRead:
		return []string{"DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"}
	case NeedTail:
		return []string{"GetRecords", "GetShardIterator", "ListShards"}
	case NeedWrite:
		return []string{"DescribeStreamSummary", "ListShards", "PutRecords"}
	case NeedEFO:
		return []string{"DescribeStreamSummary", "ListShards"}
	}
	return nil
}

func (n Need) consumerCalls() []string {
	if n != NeedEFO {
		return nil
	}
	return []string{"DeregisterStreamConsumer", "DescribeStreamConsumer", "RegisterStreamConsumer", "SubscribeToShard"}
}

func (n Need) calls() []string {
	if n == NeedEFO { // listed for the consumers that killed runs left
		return slices.Concat(n.streamCalls(), n.consumerCalls(), []string{"ListStreamConsumers"})
	}
	return n.streamCalls()
}

// Policy is an IAM policy document.
type Policy struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// Statement is one statement of a policy. Resource is a text or a list.
type Statement struct {
	Sid       string                         `json:"Sid"`
	Effect    string                         `json:"Effect"`
	Action    []string                       `json:"Action"`
	Resource  any                            `json:"Resource"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// NewPolicy is the smallest policy for a need. prefix begins the names of the
// consumers that efo may register. The stream's key is among it where it is
// encrypted with one that is not AWS's own; summary may be nil, for a stream
// that is not known to be encrypted.
func NewPolicy(n Need, streamARN, prefix string, summary *types.StreamDescriptionSummary) (Policy, error) {
	p := Policy{Version: "2012-10-17"}
	calls := n.streamCalls()
	if n == NeedTail && summary != nil && summary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto {
		// Without it kin would take records of aggregates for misplaced ones.
		calls = NeedRead.streamCalls()
	}
	p.Statement = append(p.Statement, Statement{Sid: "Stream", Effect: "Allow", Action: actions("kinesis", calls), Resource: streamARN})
	if calls := n.consumerCalls(); calls != nil {
		p.Statement = append(p.Statement, Statement{
			Sid: "Consumers", Effect: "Allow", Action: actions("kinesis", calls), Resource: []string{streamARN, streamARN + "/consumer/" + prefix + "*"},
		})
	}
	if summary == nil || summary.EncryptionType != types.EncryptionTypeKms {
		return p, nil
	}
	key := aws.ToString(summary.KeyId)
	if isAWSManaged(key) {
		return p, nil // its policy lets in all who may use the stream
	}
	s := Statement{Sid: "Key", Effect: "Allow", Action: actions("kms", []string{keyCall(n)})}
	var err error
	if s.Resource, s.Condition, err = keyResource(key, streamARN); err != nil {
		return Policy{}, err
	}
	p.Statement = append(p.Statement, s)
	return p, nil
}

// keyCall is the call of KMS that the service makes for a caller of a stream that
// is encrypted (developer guide, "Using server-side encryption").
func keyCall(n Need) string {
	if n == NeedWrite {
		return "GenerateDataKey"
	}
	return "Decrypt"
}

func actions(service string, calls []string) []string {
	list := make([]string, len(calls))
	for i, call := range calls {
		list[i] = service + ":" + call
	}
	return list
}

// isAWSManaged says whether a key is the one that AWS made for Kinesis, which
// its policy lets every user of the account use through the service.
func isAWSManaged(key string) bool {
	return key == "alias/aws/kinesis" || strings.HasSuffix(key, ":alias/aws/kinesis")
}

// keyResource names a key as a policy does: by its ARN. The ARN of an alias is
// no resource of these calls: a condition names it (AWS KMS documentation).
func keyResource(key, streamARN string) (string, map[string]map[string][]string, error) {
	parts := strings.SplitN(streamARN, ":", 6)
	if len(parts) < 6 {
		return "", nil, fmt.Errorf("%q is not the ARN of a stream", streamARN)
	}
	home := "arn:" + parts[1] + ":kms:" + parts[3] + ":" + parts[4] + ":"
	if strings.HasPrefix(key, "arn:") {
		at := strings.LastIndex(key, ":") + 1
		home, key = key[:at], key[at:]
	}
	switch {
	case strings.HasPrefix(key, "alias/"):
		return home + "key/*", map[string]map[string][]string{"ForAnyValue:StringEquals": {"kms:ResourceAliases": {key}}}, nil
	case strings.HasPrefix(key, "key/"):
		return home + key, nil, nil
	}
	return home + "key/" + key, nil, nil
}

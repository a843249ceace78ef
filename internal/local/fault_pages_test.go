package local

import (
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// listed is a page of one of the three list calls.
type listed struct {
	names []string
	token string
}

// lists returns the three list calls by operation. There are three streams; the subject's stream
// has three shards and three consumers.
func lists(t *testing.T, s *subject) map[string]func(token string) listed {
	three := []string{"a", "b", "c"}
	for _, name := range three[:2] {
		must(s.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: aws.String(name), ShardCount: aws.Int32(1)}))(t)
	}
	arn := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary.StreamARN
	for _, name := range three {
		must(s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String(name)}))(t)
	}
	of := func(token string) *string {
		if token == "" {
			return nil
		}
		return &token
	}
	return map[string]func(string) listed{
		"ListShards": func(token string) listed {
			in := &kinesis.ListShardsInput{NextToken: of(token)}
			if token == "" {
				in.StreamName = &s.name
			}
			out := must(s.ListShards(s.ctx, in))(t)
			var l listed
			for _, shard := range out.Shards {
				l.names = append(l.names, *shard.ShardId)
			}
			l.token = aws.ToString(out.NextToken)
			return l
		},
		"ListStreams": func(token string) listed {
			out := must(s.ListStreams(s.ctx, &kinesis.ListStreamsInput{NextToken: of(token)}))(t)
			if *out.HasMoreStreams != (out.NextToken != nil) {
				t.Errorf("HasMoreStreams is %t", *out.HasMoreStreams)
			}
			return listed{out.StreamNames, aws.ToString(out.NextToken)}
		},
		"ListStreamConsumers": func(token string) listed {
			out := must(s.ListStreamConsumers(s.ctx, &kinesis.ListStreamConsumersInput{StreamARN: arn, NextToken: of(token)}))(t)
			var l listed
			for _, c := range out.Consumers {
				l.names = append(l.names, *c.ConsumerName)
			}
			l.token = aws.ToString(out.NextToken)
			return l
		},
	}
}

func TestFault05RepeatTokenReturnsTheFirstPage(t *testing.T) {
	e, s := with(t, 3, Options{Limits: LimitsOff})
	for op, list := range lists(t, s) {
		e.fault(t, op+"=repeat-token*3")
		first := list("")
		second := list(first.token)
		third := list(second.token)
		if len(first.names) != 3 || !slices.Equal(first.names, third.names) || first.token == "" || second.token != first.token || third.token != first.token {
			t.Errorf("%s: %v, %v, %v", op, first, second, third)
		}
		if last := list(""); len(last.names) != 3 || last.token != "" {
			t.Errorf("%s after the fault: %v", op, last)
		}
	}
}

func TestFault05EmptyPagesHaveNewTokensAndContinue(t *testing.T) {
	e, s := with(t, 3, Options{Limits: LimitsOff})
	for op, list := range lists(t, s) {
		e.fault(t, op+"=empty-page*"+strconv.Itoa(20))
		seen, token := map[string]bool{}, ""
		for i := range 20 {
			page := list(token)
			if token = page.token; len(page.names) != 0 || token == "" || seen[token] {
				t.Fatalf("%s, page %d: %v", op, i, page)
			}
			seen[token] = true
		}
		if last := list(token); len(last.names) != 3 || last.token != "" {
			t.Errorf("%s after the fault: %v", op, last)
		}
	}
}

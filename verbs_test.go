package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"

	"kin/internal/local"
)

// patience limits every wait of a verb. A script that reaches it fails.
const patience = 60 * time.Second

// verbs are the commands that scripts have in addition to kin and those of testscript.
var verbs = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"stream":    verbStream,
	"delete":    verbDelete,
	"put":       verbPut,
	"putfile":   verbPutFile,
	"fill":      verbFill,
	"aggregate": verbAggregate,
	"records":   verbRecords,
	"split":     verbSplit,
	"merge":     verbMerge,
	"retain":    verbRetain,
	"encrypt":   verbEncrypt,
	"role":      verbRole,
	"fault":     verbFault,
	"served":    verbServed,
	"clock":     verbClock,
	"exits":     verbExits,
	"lines":     verbLines,
	"await":     verbAwait,
	"get":       verbGet,
	"squeeze":   verbSqueeze,

	"consumers":  verbConsumers,
	"deregister": verbDeregister,
	"proxy":      verbProxy,
	"proxied":    verbProxied,
	"garble":     verbGarble,
}

// verb checks the number of arguments and returns the script's service and a context that ends
// after patience.
func verb(ts *testscript.TestScript, neg bool, args []string, least, most int, usage string) (*service, context.Context) {
	if neg || len(args) < least || len(args) > most {
		ts.Fatalf("usage: %s", usage)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	ts.Defer(cancel)
	return ts.Value(serviceKey{}).(*service), ctx
}

// verbStream implements stream NAME [SHARDS|auto]. It creates a stream; with auto the stream has
// the distribution strategy AUTO.
func verbStream(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 1, 2, "stream NAME [SHARDS|auto]")
	in := &kinesis.CreateStreamInput{StreamName: &args[0], ShardCount: aws.Int32(1)}
	switch {
	case len(args) == 2 && args[1] == "auto":
		in.ShardCount = nil
		in.StreamModeDetails = &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}
		in.RecordDistributionStrategy = types.RecordDistributionStrategyAuto
	case len(args) == 2:
		in.ShardCount = aws.Int32(int32(number(ts, args[1])))
	}
	_, err := s.client.CreateStream(ctx, in)
	ts.Check(err)
	ts.Check(s.awaitActive(ctx, args[0]))
}

// verbDelete implements delete NAME. It deletes a stream and waits until the deletion is complete.
func verbDelete(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 1, 1, "delete NAME")
	_, err := s.client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &args[0], EnforceConsumerDeletion: aws.Bool(true)})
	ts.Check(err)
	ts.Check(kinesis.NewStreamNotExistsWaiter(s.client, func(o *kinesis.StreamNotExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 100*time.Millisecond
	}).Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &args[0]}, patience))
}

// verbPut implements put STREAM KEY DATA. It puts one record. DATA may have Go escapes.
func verbPut(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 3, 3, "put STREAM KEY DATA")
	data, err := strconv.Unquote(`"` + strings.ReplaceAll(args[2], `"`, `\"`) + `"`)
	ts.Check(err)
	_, err = s.client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &args[0], PartitionKey: &args[1], Data: []byte(data)})
	ts.Check(err)
}

// verbPutFile implements putfile STREAM KEY FILE [EXPLICIT_HASH_KEY]. It puts a record with the
// bytes of a file as its payload. If the shard throttles, it moves the endpoint's clock forward.
func verbPutFile(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 3, 4, "putfile STREAM KEY FILE [EXPLICIT_HASH_KEY]")
	data, err := readFile(ts.MkAbs(args[2]))
	ts.Check(err)
	in := &kinesis.PutRecordInput{StreamName: &args[0], PartitionKey: &args[1], Data: data}
	if len(args) == 4 {
		in.ExplicitHashKey = &args[3]
	}
	for {
		var full *types.ProvisionedThroughputExceededException
		if _, err = s.client.PutRecord(ctx, in); !errors.As(err, &full) {
			break
		}
		s.endpoint.Advance(500 * time.Millisecond)
	}
	ts.Check(err)
}

// verbFill implements fill STREAM FIRST LAST. It puts records with the payloads FIRST to LAST.
// The key of each is its payload.
func verbFill(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 3, 3, "fill STREAM FIRST LAST")
	first, last := number(ts, args[1]), number(ts, args[2])
	for from := first; from <= last; from += 500 {
		in := &kinesis.PutRecordsInput{StreamName: &args[0]}
		for n := from; n <= min(last, from+499); n++ {
			text := strconv.Itoa(n)
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &text, Data: []byte(text)})
		}
		for len(in.Records) > 0 {
			out, err := s.client.PutRecords(ctx, in)
			ts.Check(err)
			var failed []types.PutRecordsRequestEntry
			for i, r := range out.Records {
				if r.ErrorCode != nil {
					failed = append(failed, in.Records[i])
				}
			}
			in.Records = failed
			if len(failed) > 0 {
				s.endpoint.Advance(time.Second) // refills the token buckets
			}
		}
	}
}

// verbRecords implements records STREAM FILE. It writes the records of the stream to FILE, one a
// line: shard, quoted key and quoted payload. Shards are in the order of their IDs.
func verbRecords(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 2, 2, "records STREAM FILE")
	var b bytes.Buffer
	shards, err := s.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &args[0]})
	ts.Check(err)
	for _, shard := range shards.Shards {
		it, err := s.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: &args[0], ShardId: shard.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		ts.Check(err)
		for next := it.ShardIterator; next != nil; {
			out, err := s.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: next})
			ts.Check(err)
			for _, r := range out.Records {
				fmt.Fprintf(&b, "%s %q %q\n", *shard.ShardId, *r.PartitionKey, r.Data)
			}
			if next = out.NextShardIterator; len(out.Records) == 0 && aws.ToInt64(out.MillisBehindLatest) == 0 {
				break
			}
		}
	}
	ts.Check(writeFile(ts.MkAbs(args[1]), b.Bytes()))
}

// verbConsumers implements consumers STREAM [NAME...]. It requires that the stream has exactly
// these consumers. NAME is a regular expression. DELETING consumers do not count.
func verbConsumers(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 1, 20, "consumers STREAM [NAME...]")
	stream, err := s.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &args[0]})
	ts.Check(err)
	list, err := s.client.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: stream.StreamDescriptionSummary.StreamARN})
	ts.Check(err)
	var names []string
	for _, c := range list.Consumers {
		if c.ConsumerStatus != types.ConsumerStatusDeleting {
			names = append(names, *c.ConsumerName)
		}
	}
	slices.Sort(names)
	got := strings.Join(names, " ")
	if !regexp.MustCompile("^" + strings.Join(args[1:], " ") + "$").MatchString(got) {
		ts.Fatalf("consumers of %s: %q", args[0], got)
	}
}

// verbDeregister implements deregister STREAM NAME. It removes a consumer, as another program
// would.
func verbDeregister(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 2, 2, "deregister STREAM NAME")
	stream, err := s.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &args[0]})
	ts.Check(err)
	_, err = s.client.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{
		StreamARN: stream.StreamDescriptionSummary.StreamARN, ConsumerName: &args[1],
	})
	ts.Check(err)
}

// verbSplit implements split STREAM SHARD. It splits a shard in the middle of its hash key range.
func verbSplit(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 2, 2, "split STREAM SHARD")
	middle, err := s.middle(ctx, args[0], args[1])
	ts.Check(err)
	_, err = s.client.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: &args[0], ShardToSplit: &args[1], NewStartingHashKey: &middle})
	ts.Check(err)
	ts.Check(s.awaitActive(ctx, args[0]))
}

// verbMerge implements merge STREAM SHARD ADJACENT. It merges two shards.
func verbMerge(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 3, 3, "merge STREAM SHARD ADJACENT")
	_, err := s.client.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: &args[0], ShardToMerge: &args[1], AdjacentShardToMerge: &args[2]})
	ts.Check(err)
	ts.Check(s.awaitActive(ctx, args[0]))
}

// verbRetain implements retain STREAM HOURS. It extends the retention period of a stream.
func verbRetain(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 2, 2, "retain STREAM HOURS")
	_, err := s.client.IncreaseStreamRetentionPeriod(ctx, &kinesis.IncreaseStreamRetentionPeriodInput{
		StreamName: &args[0], RetentionPeriodHours: aws.Int32(int32(number(ts, args[1]))),
	})
	ts.Check(err)
}

// verbEncrypt implements encrypt STREAM KEY. It marks a stream as encrypted in the endpoint's
// answers.
func verbEncrypt(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 2, 2, "encrypt STREAM KEY")
	_, err := s.client.StartStreamEncryption(ctx, &kinesis.StartStreamEncryptionInput{
		StreamName: &args[0], KeyId: &args[1], EncryptionType: types.EncryptionTypeKms,
	})
	ts.Check(err)
}

// verbRole implements role ARN [EXTERNAL_ID]. It adds a role that AssumeRole issues credentials
// for.
func verbRole(ts *testscript.TestScript, neg bool, args []string) {
	s, _ := verb(ts, neg, args, 1, 2, "role ARN [EXTERNAL_ID]")
	role := local.Role{ARN: args[0]}
	if len(args) == 2 {
		role.ExternalID = args[1]
	}
	ts.Check(s.endpoint.AddRole(role))
}

// verbFault implements fault SPEC, which adds a scripted fault, and fault clear, which removes all
// of them.
func verbFault(ts *testscript.TestScript, neg bool, args []string) {
	s, _ := verb(ts, neg, args, 1, 1, "fault SPEC|clear")
	if args[0] == "clear" {
		s.endpoint.ClearFaults()
		return
	}
	ts.Check(s.endpoint.AddFault(args[0]))
}

// verbServed implements served OP N. It waits until N more calls of an operation were served.
func verbServed(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := verb(ts, neg, args, 2, 2, "served OP N")
	ts.Check(s.endpoint.WaitServed(ctx, args[0], s.endpoint.Served(args[0])+number(ts, args[1])))
}

// verbClock implements clock DURATION|stop|go. It moves the endpoint's clock forward, stops it or
// starts it again. DURATION also moves a stopped clock.
func verbClock(ts *testscript.TestScript, neg bool, args []string) {
	s, _ := verb(ts, neg, args, 1, 1, "clock DURATION|stop|go")
	switch args[0] {
	case "stop":
		s.endpoint.StopClock()
		return
	case "go":
		s.endpoint.ResumeClock()
		return
	}
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	s.endpoint.Advance(d)
}

// verbExits implements exits CODE PROGRAM ARG... It runs a program and requires the exit code.
func verbExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if want := number(ts, args[0]); code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// verbLines implements lines FILE N. It requires N lines in a file.
func verbLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines FILE N")
	}
	if n := strings.Count(ts.ReadFile(args[0]), "\n"); n != number(ts, args[1]) {
		ts.Fatalf("%s has %d lines, want %s", args[0], n, args[1])
	}
}

// verbAwait implements await FILE N. It waits until a file that a background program writes has at
// least N lines.
func verbAwait(ts *testscript.TestScript, neg bool, args []string) {
	_, ctx := verb(ts, neg, args, 2, 2, "await FILE N")
	want := number(ts, args[1])
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		b, err := readFile(ts.MkAbs(args[0]))
		if err == nil && bytes.Count(b, []byte("\n")) >= want {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("%s has fewer than %d lines", args[0], want)
		}
	}
}

// verbGet implements get URL FILE. It requests a URL of this machine and writes the body to FILE.
func verbGet(ts *testscript.TestScript, neg bool, args []string) {
	_, ctx := verb(ts, neg, args, 2, 2, "get URL FILE")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	body, err := io.ReadAll(resp.Body)
	ts.Check(errors.Join(err, resp.Body.Close()))
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s: %s", args[0], resp.Status)
	}
	ts.Check(writeFile(ts.MkAbs(args[1]), body))
}

// verbSqueeze implements squeeze gzip|zstd FROM TO [BYTES]. It compresses a file. With BYTES it
// keeps only the first bytes of the result.
func verbSqueeze(ts *testscript.TestScript, neg bool, args []string) {
	verb(ts, neg, args, 3, 4, "squeeze gzip|zstd FROM TO [BYTES]")
	data, err := readFile(ts.MkAbs(args[1]))
	ts.Check(err)
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if args[0] == "zstd" {
		w, err = zstd.NewWriter(&b)
		ts.Check(err)
	}
	_, err = w.Write(data)
	ts.Check(errors.Join(err, w.Close()))
	kept := b.Bytes()
	if len(args) == 4 {
		kept = kept[:number(ts, args[3])]
	}
	ts.Check(writeFile(ts.MkAbs(args[2]), kept))
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

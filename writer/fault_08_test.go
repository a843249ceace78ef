package writer

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// oddResults returns implausible results of an entry.
func oddResults() map[string]types.PutRecordsResultEntry {
	const number, shard = "49680626771096021361625901980446742959564877984887210002", "shardId-000000000000"
	return map[string]types.PutRecordsResultEntry{
		"null":                         {},
		"no shard":                     {SequenceNumber: aws.String(number)},
		"an empty shard":               {SequenceNumber: aws.String(number), ShardId: aws.String("")},
		"an invalid shard ID":          {SequenceNumber: aws.String(number), ShardId: aws.String("shard 0\x1b[2J")},
		"a long shard":                 {SequenceNumber: aws.String(number), ShardId: aws.String(strings.Repeat("s", 129))},
		"no sequence number":           {ShardId: aws.String(shard)},
		"an empty sequence number":     {SequenceNumber: aws.String(""), ShardId: aws.String(shard)},
		"a word as sequence number":    {SequenceNumber: aws.String("abc"), ShardId: aws.String(shard)},
		"a negative number":            {SequenceNumber: aws.String("-1"), ShardId: aws.String(shard)},
		"a leading zero":               {SequenceNumber: aws.String("01"), ShardId: aws.String(shard)},
		"a long number":                {SequenceNumber: aws.String(strings.Repeat("1", 130)), ShardId: aws.String(shard)},
		"code and sequence number":     {SequenceNumber: aws.String(number), ShardId: aws.String(shard), ErrorCode: aws.String("InternalFailure")},
		"strange code and a number":    {SequenceNumber: aws.String(number), ErrorCode: aws.String("\x1b[2J")},
		"a message without a code":     {ErrorMessage: aws.String("no")},
		"an empty code and no message": {ErrorCode: aws.String("")},
	}
}

// A record counts as written only if the result is plausible. Otherwise it is sent again
// and may be in the stream twice.
func TestFault08RetriesImplausibleResults(t *testing.T) {
	for name, odd := range oddResults() {
		for what, aggregate := range map[string]bool{"records": false, "aggregates": true} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &memoryStream{shards: fourShards()}
					s.put = func(_ context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
						out := s.store(in, nil)
						if n <= 2 {
							out.Records[0] = odd
						}
						return out, nil
					}
					o := options()
					o.Aggregate = aggregate
					var results []Result
					o.Report = func(r []Result) error {
						results = append(results, r...)
						return nil
					}
					w := newWriter(t, s, o)
					got, err := w.Run(t.Context(), numbered(4))
					got.Duration = 0
					first := int64(1)
					if aggregate {
						first = 4 // they are one aggregate
					}
					want := Summary{Read: 4, Written: 4, Bytes: 4, Retried: first, PossiblyTwice: first, PossibleCopies: 2 * first, WrittenThrough: 4}
					if err != nil || got != want || len(s.requests) != 3 {
						t.Errorf("got %+v, %v with %d requests, want %+v", got, err, len(s.requests), want)
					}
					for _, r := range results {
						if r.ErrorCode != "" || r.ShardID == "" || !isSequenceNumber(r.SequenceNumber) {
							t.Errorf("reported %+v", r)
						}
					}
				})
			})
		}
	}
}

// If answers stay implausible, the pauses between requests grow. In the end the records are
// rejected, and may be in the stream.
func TestFault08RejectsRecordsAfterLastingImplausibleAnswers(t *testing.T) {
	answers := map[string]func(*service.PutRecordsInput) *service.PutRecordsOutput{
		"no results":   func(*service.PutRecordsInput) *service.PutRecordsOutput { return &service.PutRecordsOutput{} },
		"one too few":  func(in *service.PutRecordsInput) *service.PutRecordsOutput { return sequences(len(in.Records) - 1) },
		"one too many": func(in *service.PutRecordsInput) *service.PutRecordsOutput { return sequences(len(in.Records) + 1) },
		"one for each": nil,
		"every one null": func(in *service.PutRecordsInput) *service.PutRecordsOutput {
			return &service.PutRecordsOutput{Records: make([]types.PutRecordsResultEntry, len(in.Records))}
		},
	}
	for name, odd := range oddResults() {
		answers[name] = func(in *service.PutRecordsInput) *service.PutRecordsOutput {
			out := &service.PutRecordsOutput{}
			for range in.Records {
				out.Records = append(out.Records, odd)
			}
			return out
		}
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: fourShards()}
				if answer != nil {
					s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
						return answer(in), nil
					}
				}
				o := options()
				o.RetryFor = time.Minute
				var messages []string
				o.Info = func(message string) { messages = append(messages, message) }
				got, err := newWriter(t, s, o).Run(t.Context(), numbered(3))
				if answer == nil {
					if err != nil || got.Written != 3 {
						t.Errorf("got %+v, %v", got, err)
					}
					return
				}
				var rejected *RejectedError
				if !errors.As(err, &rejected) || rejected.Records != 3 || rejected.Unsure != 3 || got.Written != 0 || got.Unsure != 3 {
					t.Errorf("got %+v, %v, want three records that may be in the stream", got, err)
				}
				if len(s.requests) > 40 {
					t.Errorf("%d requests in a minute", len(s.requests))
				}
				if len(messages) == 0 || !strings.Contains(messages[0], "the answer ") || strings.ContainsRune(strings.Join(messages, "")+err.Error(), '\x1b') {
					t.Errorf("messages %q, and then %v", messages, err)
				}
			})
		})
	}
}

// sequences returns an answer with n plausible results.
func sequences(n int) *service.PutRecordsOutput {
	out := &service.PutRecordsOutput{}
	for i := range n {
		out.Records = append(out.Records, types.PutRecordsResultEntry{SequenceNumber: aws.String(strconv.Itoa(i + 1)), ShardId: aws.String("shardId-000000000000")})
	}
	return out
}

// An implausible list of shards is not used for predictions.
func TestFault08ImplausibleShardsPredictNothing(t *testing.T) {
	whole := func(id string) types.Shard { return listed([]string{id}).Shards[0] }
	keyed := func(id, from, to string) types.Shard {
		s := whole(id)
		s.HashKeyRange = &types.HashKeyRange{StartingHashKey: &from, EndingHashKey: &to}
		return s
	}
	const highest, half = "340282366920938463463374607431768211455", "170141183460469231731687303715884105728"
	for name, shards := range map[string][]types.Shard{
		"none":             nil,
		"null":             {{}},
		"null and a good":  {{}, whole("a")},
		"no ID":            {whole("")},
		"no range":         {{ShardId: aws.String("a")}},
		"an empty range":   {{ShardId: aws.String("a"), HashKeyRange: &types.HashKeyRange{}}},
		"words":            {keyed("a", "zero", "all")},
		"negative":         {keyed("a", "-1", highest)},
		"beyond the end":   {keyed("a", "0", highest+"0")},
		"words and a good": {keyed("a", "zero", "all"), whole("b")},
		"reversed":         {keyed("a", highest, "0")},
		"a hole":           {keyed("a", "0", "5"), keyed("b", half, highest)},
		"an overlap":       {keyed("a", "0", half), keyed("b", half, highest)},
		"twice the whole":  {whole("a"), whole("b")},
		"an empty one":     {keyed("a", "0", "9"), keyed("b", "10", "9"), keyed("c", "10", highest)},
		"all closed":       {shardOf("a", "0", true)},
	} {
		t.Run(name, func(t *testing.T) {
			client := shardList(shards)
			ranges, err := listShards(t.Context(), client, new(service.Allowance), "orders")
			var call *CallError
			if ranges != nil || !errors.As(err, &call) || classify(err) != resendUnsure {
				t.Errorf("got %v, %v, want an error that is retried", ranges, err)
			}
			synctest.Test(t, func(t *testing.T) {
				for _, id := range []string{"a", "b"} {
					key, err := HashKeyOf(t.Context(), shardClient{client, summary{}}, "orders", id, discard)
					if err == nil && !validHashKey(key) || err == nil && key == "" {
						t.Errorf("%s begins at %q", id, key)
					}
				}
			})
		})
	}
}

// shardList is a service with one page of shards.
type shardList []types.Shard

func (s shardList) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	return &service.ListShardsOutput{Shards: s}, nil
}

type shardClient struct {
	shardList
	summary
}

// Whatever the service answers, nothing is counted twice. A record counts as written only
// if the service acknowledged it.
func FuzzFault08Answers(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte{9, 9, 9, 200, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 64 {
			return
		}
		var odd []types.PutRecordsResultEntry
		for _, one := range oddResults() {
			odd = append(odd, one)
		}
		synctest.Test(t, func(t *testing.T) {
			s := &memoryStream{shards: fourShards()}
			acknowledged := 0
			s.put = func(_ context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
				out := s.store(in, nil)
				if n > len(script) {
					acknowledged += len(in.Records)
					return out, nil
				}
				switch b := int(script[n-1]); {
				case b >= 250:
					return &service.PutRecordsOutput{Records: out.Records[:len(out.Records)-1]}, nil
				default:
					out.Records[b%len(out.Records)] = odd[b%len(odd)]
					acknowledged += len(in.Records) - 1
				}
				return out, nil
			}
			o := options()
			o.RetryFor = time.Hour
			got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
				if i > 20 {
					return Record{}, io.EOF
				}
				return Record{PartitionKey: strconv.Itoa(i % 7), Data: []byte(strconv.Itoa(i))}, nil
			}))
			if err != nil || got.Written != 20 || acknowledged != 20 || got.Unsure != 0 || int64(len(s.stored)) > got.Written+got.PossibleCopies {
				t.Errorf("%v: got %+v, %v; %d were acknowledged, %d are stored", script, got, err, acknowledged, len(s.stored))
			}
		})
	})
}

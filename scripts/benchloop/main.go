// Command benchloop is the baseline for measurements of `kin read`. It is a plain loop over
// GetRecords with AWS's SDK, with a goroutine for each shard, and shares no code with kin. For a
// stream without aggregates it prints the same lines as kin read. It ends at the tip.
//
//	benchloop STREAM
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: benchloop STREAM")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := bufio.NewWriterSize(os.Stdout, 256<<10)
	err := read(ctx, out, os.Args[1])
	if err := errors.Join(err, out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, "benchloop:", err)
		os.Exit(1)
	}
}

func read(ctx context.Context, out io.Writer, stream string) error {
	client := kinesis.New(kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_KINESIS")),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "bench", SecretAccessKey: "bench"}, nil
		}),
	})
	shards, err := client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &stream})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failures := make([]error, len(shards.Shards))
	var all sync.WaitGroup
	for i, shard := range shards.Shards {
		all.Go(func() { failures[i] = readShard(ctx, client, &mu, out, stream, aws.ToString(shard.ShardId)) })
	}
	all.Wait()
	return errors.Join(failures...)
}

func readShard(ctx context.Context, client *kinesis.Client, mu *sync.Mutex, out io.Writer, stream, shard string) error {
	begin, err := client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: &stream, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return err
	}
	for at := begin.ShardIterator; at != nil; {
		answer, err := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at, Limit: aws.Int32(10_000)})
		if err != nil {
			return err
		}
		mu.Lock()
		err = write(out, stream, shard, answer.Records)
		mu.Unlock()
		if err != nil {
			return err
		}
		if aws.ToInt64(answer.MillisBehindLatest) == 0 {
			break
		}
		at = answer.NextShardIterator
	}
	return nil
}

type line struct {
	Stream         string `json:"stream"`
	ShardID        string `json:"shardId"`
	SequenceNumber string `json:"sequenceNumber"`
	PartitionKey   string `json:"partitionKey"`
	Arrival        string `json:"approximateArrivalTimestamp"`
	Encoding       string `json:"dataEncoding"`
	Data           any    `json:"data"`
}

func write(out io.Writer, stream, shard string, records []types.Record) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, r := range records {
		l := line{
			Stream: stream, ShardID: shard, SequenceNumber: aws.ToString(r.SequenceNumber), PartitionKey: aws.ToString(r.PartitionKey),
			Arrival: r.ApproximateArrivalTimestamp.UTC().Format("2006-01-02T15:04:05.000Z"),
		}
		switch {
		case json.Valid(r.Data):
			l.Encoding, l.Data = "json", json.RawMessage(r.Data)
		case utf8.Valid(r.Data):
			l.Encoding, l.Data = "text", string(r.Data)
		default:
			l.Encoding, l.Data = "base64", r.Data
		}
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

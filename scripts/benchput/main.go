// Command benchput is the baseline for measurements of `kin write`. It is a plain loop over
// PutRecords with AWS's SDK and shares no code with kin. It writes the lines of a file,
// KEY:PAYLOAD, in requests of 500 records or 10 MiB, and retries refused records.
//
//	benchput STREAM FILE
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: benchput STREAM FILE")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := write(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "benchput:", err)
		os.Exit(1)
	}
}

// The service's limits for a request.
const (
	maxRecords = 500
	maxBytes   = 10 << 20
)

func write(ctx context.Context, stream, file string) error {
	client := kinesis.New(kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_KINESIS")),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "bench", SecretAccessKey: "bench"}, nil
		}),
	})
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<20), 11<<20)
	var batch []types.PutRecordsRequestEntry
	size := 0
	for lines.Scan() {
		key, data, _ := bytes.Cut(lines.Bytes(), []byte(":"))
		if len(batch) == maxRecords || size+len(key)+len(data) > maxBytes {
			if err := put(ctx, client, stream, batch); err != nil {
				return err
			}
			batch, size = batch[:0], 0
		}
		batch = append(batch, types.PutRecordsRequestEntry{PartitionKey: aws.String(string(key)), Data: bytes.Clone(data)})
		size += len(key) + len(data)
	}
	if err := lines.Err(); err != nil || len(batch) == 0 {
		return err
	}
	return put(ctx, client, stream, batch)
}

// put writes a batch and retries the refused records.
func put(ctx context.Context, client *kinesis.Client, stream string, batch []types.PutRecordsRequestEntry) error {
	for len(batch) > 0 {
		out, err := client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: batch})
		if err != nil {
			return err
		}
		var failed []types.PutRecordsRequestEntry
		for i, result := range out.Records {
			if result.ErrorCode != nil {
				failed = append(failed, batch[i])
			}
		}
		batch = failed
	}
	return nil
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"golang.org/x/sys/unix"

	"kin/internal/kinesistest"
	"kin/internal/local"
)

// TestFault19AFullStderrHoldsUpNoRun runs the real binary with a stderr that is a
// pipe which is full and has no reader. Each run has something to print.
func TestFault19AFullStderrHoldsUpNoRun(t *testing.T) {
	kin := filepath.Join(t.TempDir(), "kin")
	if out, err := exec.Command("go", "build", "-o", kin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	from := []string{"read", "orders", "--from", "trim_horizon"}
	for _, test := range []struct {
		name   string
		args   []string
		signal os.Signal // sent behind the first record; nil sends none
		code   int
	}{
		{"signal", []string{"--debug"}, syscall.SIGTERM, 143},
		{"signal, efo", []string{"--efo", "--debug"}, syscall.SIGTERM, 143},
		{"signal, efo, metrics", []string{"--efo", "--metrics", "-"}, syscall.SIGTERM, 143},
		{"signal, metrics", []string{"--metrics", "-"}, syscall.SIGTERM, 143},
		{"timeout", []string{"--debug", "--timeout", "3s"}, nil, 0},
		{"timeout, efo", []string{"--debug", "--efo", "--timeout", "3s"}, nil, 0},
		{"timeout, metrics", []string{"--metrics", "-", "--timeout", "3s"}, nil, 5},
		{"bound", []string{"--debug", "--available-now"}, nil, 0},
		{"condition", []string{"--available-now", "--expect", "7"}, nil, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			url, client := serveOrders(ctx, t)
			c := exec.CommandContext(ctx, kin, append(from, test.args...)...)
			c.Env = []string{"AWS_ENDPOINT_URL_KINESIS=" + url, "AWS_ENDPOINT_URL_DYNAMODB=" + url, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=kin",
				"AWS_SECRET_ACCESS_KEY=kin", "AWS_EC2_METADATA_DISABLED=true", "HOME=" + t.TempDir()}
			c.Stderr = fullPipe(t)
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); !strings.Contains(line, `"data"`) {
				t.Errorf("the first line is %q, %v", line, err)
			}
			if test.signal != nil {
				if err := c.Process.Signal(test.signal); err != nil {
					t.Error(err)
				}
			}
			err = c.Wait()
			if ctx.Err() != nil {
				t.Fatal("the run has not ended")
			}
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if code := c.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			stream, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
			if err != nil {
				t.Fatal(err)
			}
			consumers, err := client.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: stream.StreamDescriptionSummary.StreamARN})
			if err != nil {
				t.Fatal(err)
			}
			for _, consumer := range consumers.Consumers {
				if consumer.ConsumerStatus != "DELETING" {
					t.Errorf("consumer %s is left behind", aws.ToString(consumer.ConsumerName))
				}
			}
		})
	}
}

// serveOrders serves a stream named orders with one record, until the end of the
// test. It returns the URL and a client.
func serveOrders(ctx context.Context, t *testing.T) (string, *kinesis.Client) {
	t.Helper()
	endpoint, err := local.New(local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- endpoint.Serve(listener) }()
	t.Cleanup(func() {
		_ = endpoint.Close()
		<-served
	})
	url := "http://" + listener.Addr().String()
	client := kinesistest.SDK(url, nil)
	stream := aws.String("orders")
	if _, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	if err := kinesis.NewStreamExistsWaiter(client).Wait(ctx, &kinesis.DescribeStreamInput{StreamName: stream}, patience); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: stream, PartitionKey: stream, Data: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	return url, client
}

// fullPipe returns the writing side of a pipe that takes no byte more.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(ends[1], true); err != nil {
		t.Fatal(err)
	}
	for size := 4096; size > 0; {
		if _, err := unix.Write(ends[1], make([]byte, size)); errors.Is(err, unix.EAGAIN) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.SetNonblock(ends[1], false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(ends[0]) })
	w := os.NewFile(uintptr(ends[1]), fmt.Sprint("full pipe of ", t.Name()))
	t.Cleanup(func() { _ = w.Close() })
	return w
}

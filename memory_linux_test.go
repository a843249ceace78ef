//go:build !race

// The race detector watches the test, not the binary whose memory is measured:
// with it the endpoint takes minutes for the same figures.

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"google.golang.org/protobuf/encoding/protowire"

	"kin/internal/kinesistest"
	"kin/internal/local"
)

// hostile are records that become much more than they are, with how many lines
// they make and the shards that get one each.
var hostile = []struct {
	name    string
	payload []byte
	copies  int // of the payload, in each shard
	lines   int // of a payload
	shards  int
}{
	{"one long key and 170,000 empty records", longKey(strings.Repeat("\x01", 256), 170_000), 1, 1, 1},
	{"one key and 170,000 empty records", longKey(strings.Repeat("k", 256), 170_000), 1, 170_000, 1},
	{"the same in four shards, twice each", longKey(strings.Repeat("k", 256), 170_000), 2, 170_000, 4},
	{"an aggregate of 10 MiB", longKey("key", 1_300_000), 1, 1_300_000, 1},
	{"90,000 keys", manyKeys(90_000), 1, 90_000, 1},
	{"control characters", bytes.Repeat([]byte{1}, 1_000_000), 3, 1, 1},
	{"an aggregate of control characters", aggregateOf(9, bytes.Repeat([]byte{1}, 110_000)), 3, 9, 1},
	{"base64", bytes.Repeat([]byte{0xff}, 1_000_000), 3, 1, 1},
	{"JSON with line breaks", []byte("[" + strings.Repeat("[\n1\n]\n,\n", 110_000) + "1]"), 3, 1, 1},
	{"many large records in ten shards", bytes.Repeat([]byte{0xff}, 1_000_000), 10, 1, 10},
	{"10 MiB of control characters", bytes.Repeat([]byte{1}, 10_000_000), 1, 1, 1},
	{"10,000 tiny records", []byte("x"), 10_000, 1, 1},
	{"1 MiB of control characters in four shards", bytes.Repeat([]byte{1}, 1<<20-1), 6, 1, 4},
	{"1 MiB of control characters in eight shards", bytes.Repeat([]byte{1}, 1<<20-1), 4, 1, 8},
	{"10 MiB of control characters in four shards", bytes.Repeat([]byte{1}, 10<<20-1), 2, 1, 4},
}

// sealed is an aggregate of a message.
func sealed(message []byte) []byte {
	sum := md5.Sum(message)
	return slices.Concat([]byte{0xF3, 0x89, 0x9A, 0xC2}, message, sum[:])
}

func field(dst []byte, id protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, id, protowire.BytesType), b)
}

// user is a record of an aggregate with the key of an index.
func user(key int, data []byte) []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(key))
	return field(b, 3, data)
}

func longKey(key string, records int) []byte {
	return sealed(append(field(nil, 1, []byte(key)), bytes.Repeat(field(nil, 3, user(0, nil)), records)...))
}

func manyKeys(records int) []byte {
	var message []byte
	for i := range records {
		message = field(message, 1, []byte(strconv.Itoa(i)))
	}
	for i := range records {
		message = field(message, 3, user(i, nil))
	}
	return sealed(message)
}

func aggregateOf(records int, data []byte) []byte {
	return sealed(append(field(nil, 1, []byte("key")), bytes.Repeat(field(nil, 3, user(0, data)), records)...))
}

// TestFault16MemoryFollowsTheFlag runs the real binary over hostile records, and
// holds the most memory it had against what the flag promises: itself, 30 % and
// 40 MB. Where one line is larger than the buffer, it takes the place of the flag: the
// buffer holds it whole, and the SDK alone has 50 MB in memory for an answer of 10 MiB.
func TestFault16MemoryFollowsTheFlag(t *testing.T) {
	kin := filepath.Join(t.TempDir(), "kin")
	if out, err := exec.Command("go", "build", "-o", kin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	endpoint, err := local.New(local.Options{Limits: local.LimitsOff})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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
	for i, h := range hostile {
		stream := fmt.Sprint("hostile-", i)
		want := h.lines * h.copies * h.shards
		flags, least := []int{16, 64}, 0.0
		switch size := len(h.payload); {
		case size > 5<<20 && h.lines == 1: // a buffer that is smaller than one line counts as that line
			least = 6 * float64(size) / 1e6
		case size > 5<<20: // the SDK alone needs 45 MB to decode it
			flags = []int{32, 64}
		}
		t.Run(h.name, func(t *testing.T) {
			fillHostile(t, client, stream, h.payload, h.copies, h.shards)
			for _, megabytes := range flags {
				for _, command := range []string{"read", "tail"} {
					t.Run(fmt.Sprintf("%s/%dmb", command, megabytes), func(t *testing.T) {
						most := max(float64(megabytes), least)*1.3 + 40
						var peaks []float64
						for range 3 { // where others take the cores, the collector of garbage falls behind
							c := exec.Command(kin, command, stream, "--from", "trim_horizon", "--fetch-buffer-size", fmt.Sprintf("%dmb", megabytes), "-q")
							c.Env = []string{"AWS_ENDPOINT_URL_KINESIS=" + url, "AWS_ENDPOINT_URL_DYNAMODB=" + url, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=kin",
								"AWS_SECRET_ACCESS_KEY=kin", "AWS_EC2_METADATA_DISABLED=true", "HOME=" + t.TempDir(), "KIN_MAX_FETCH_RATE=unlimited", "KIN_MIN_FETCH_PERIOD=0"}
							peak := mostMemory(t, c, want)
							if peaks = append(peaks, peak); peak <= most {
								t.Logf("%.1f MB of %.1f", peak, most)
								return
							}
						}
						t.Errorf("%.1f MB, want at most %.1f", peaks, most)
					})
				}
			}
		})
	}
}

// fillHostile creates a stream and puts payloads into each of its shards.
func fillHostile(t *testing.T, client *kinesis.Client, stream string, payload []byte, copies, shards int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &stream, ShardCount: aws.Int32(int32(shards)), MaxRecordSizeInKiB: aws.Int32(10_240)}); err != nil {
		t.Fatal(err)
	}
	if err := kinesis.NewStreamExistsWaiter(client).Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &stream}, patience); err != nil {
		t.Fatal(err)
	}
	listed, err := client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &stream})
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range listed.Shards {
		for left := copies; left > 0; {
			in := &kinesis.PutRecordsInput{StreamName: &stream}
			for n := 0; left > 0 && len(in.Records) < 500 && n < 5<<20; left-- {
				in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("a"), ExplicitHashKey: shard.HashKeyRange.StartingHashKey, Data: payload})
				n += len(payload)
			}
			out, err := client.PutRecords(ctx, in)
			if err != nil || aws.ToInt32(out.FailedRecordCount) > 0 {
				t.Fatalf("put: %v, %+v", err, out)
			}
		}
	}
}

// mostMemory runs a command until it has printed so many lines, and returns the
// most memory that it had, in MB.
func mostMemory(t *testing.T, c *exec.Cmd, lines int) float64 {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(out, 1<<20)
	for n := 0; n < lines; {
		part, err := in.ReadSlice('\n')
		switch {
		case err == nil:
			n++
		case err != bufio.ErrBufferFull:
			t.Fatalf("%d of %d lines: %v", n, lines, err)
		}
		_ = part
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib * 1024 / 1e6
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

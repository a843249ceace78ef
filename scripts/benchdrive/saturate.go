package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// perShard is the number of records a second that a shard accepts.
const perShard = 1000

// saturate feeds kin write as fast as it reads. A proxy between kin and the endpoint counts the
// accepted and refused records for the given number of seconds. The first second is not counted,
// because an idle shard accepts a second's amount at once.
func (b bench) saturate(ctx context.Context, stream string, seconds, shards int) error {
	c := &putCounter{}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	to, err := url.Parse(string(b.endpoint.Endpoint))
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		ModifyResponse: c.count,
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "benchdrive: the proxy:", err)
		}
	}()

	command := exec.CommandContext(ctx, b.kin, "write", stream, "--key-delimiter", ":")
	command.Env = append(os.Environ(), "AWS_ENDPOINT_URL_KINESIS=http://"+listener.Addr().String())
	command.Stderr = os.Stderr
	pipe, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	fed := make(chan error, 1)
	end := time.Now().Add(time.Duration(seconds+3) * time.Second)
	go func() {
		var err error
		for n := 0; time.Now().Before(end) && err == nil; n++ {
			_, err = pipe.Write(append(line(n), '\n'))
		}
		fed <- errors.Join(err, pipe.Close())
	}()
	c.first(ctx)
	time.Sleep(time.Second)
	accepted, refused := c.sums()
	began := time.Now()
	time.Sleep(time.Duration(seconds) * time.Second)
	took := time.Since(began).Seconds()
	nowAccepted, nowRefused := c.sums()
	accepted, refused = nowAccepted-accepted, nowRefused-refused
	if err := errors.Join(<-fed, command.Wait()); err != nil {
		return err
	}
	rate := float64(accepted) / took
	fmt.Printf("%d records accepted in %.1f s: %.0f a second, %.1f %% of what %d shards take; %d entries throttled: %.2f %%\n",
		accepted, took, rate, 100*rate/float64(perShard*shards), shards, refused, 100*float64(refused)/float64(max(1, accepted+refused)))
	allAccepted, allRefused := c.sums()
	fmt.Printf("with the first second and the end: %d accepted, %d throttled: %.2f %%; %.1f CPU seconds\n", allAccepted, allRefused,
		100*float64(allRefused)/float64(max(1, allAccepted+allRefused)), (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds())
	return nil
}

// putCounter counts the accepted and refused entries in PutRecords answers.
type putCounter struct {
	mu                sync.Mutex
	accepted, refused int
}

var failedCount = []byte(`"FailedRecordCount":`)

func (c *putCounter) count(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := r.Body.Close(); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, after, found := bytes.Cut(body, failedCount)
	if !found {
		return nil
	}
	digits := 0
	for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
		digits++
	}
	failed, err := strconv.Atoi(string(after[:digits]))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused += failed
	c.accepted += bytes.Count(body, []byte(`"SequenceNumber"`))
	return nil
}

func (c *putCounter) sums() (accepted, refused int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accepted, c.refused
}

// first waits until a record was accepted.
func (c *putCounter) first(ctx context.Context) {
	for ctx.Err() == nil {
		if accepted, _ := c.sums(); accepted > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

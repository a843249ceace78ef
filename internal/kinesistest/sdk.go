package kinesistest

import (
	"bytes"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/awsclient"
)

// SDK is AWS's own client of an embedded endpoint, for what tests do with a stream and
// kin does not: create, put one record, merge, retain, delete. Its calls are single
// attempts. nil sends requests over the network.
func SDK(url string, sender aws.HTTPClient) *kinesis.Client {
	if sender == nil {
		sender = whole{}
	}
	return kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String(url),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("kin", "kin", ""),
		HTTPClient:   sender,
		Retryer:      aws.NopRetryer{},
	})
}

// Client is kin's client with an HTTP client that needs no network.
func Client(sender aws.HTTPClient) *awsclient.Client {
	return awsclient.OverSDK(SDK("http://kinesis", sender))
}

// whole sends each request from memory, and receives each answer completely. Otherwise
// some of the SDK's calls fail, since it closes a request whose answer is still arriving.
type whole struct{}

func (whole) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

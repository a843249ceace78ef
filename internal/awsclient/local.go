package awsclient

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// NewLocal returns a client for the embedded endpoint at url. The endpoint accepts any
// credentials. From the environment the client uses only the proxy variables.
func NewLocal(url string) *Client {
	transport := newTransport()
	return OverSDK(kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String(url),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("kin", "kin", ""),
		HTTPClient:   wholeBodies(transport),
		Retryer:      aws.NopRetryer{},
	}))
}

package awsclient

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// NewLocal returns a client of an embedded endpoint, which takes any
// credentials. Of the environment it uses only the proxy variables, as all clients do.
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

package writer

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// deletableStream is a stream that is deleted during a run, and perhaps created again.
type deletableStream struct {
	*memoryStream
	deletedAfter, createdAfter int    // number of records written before; 0 means never
	inUse                      int    // requests refused with ResourceInUseException after the new stream was created
	denied                     bool   // describing the stream is denied
	ids                        string // if set, the new stream has other shard IDs
	wrote                      atomic.Int64
}

func (l *deletableStream) DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	created := time.Unix(1_000_000, 0)
	switch {
	case l.denied:
		return nil, answered(400, &types.AccessDeniedException{})
	case l.isDeleted():
		return nil, answered(400, &types.ResourceNotFoundException{})
	case l.isCreatedAgain():
		created = created.Add(time.Hour)
	}
	return described(types.StreamDescriptionSummary{StreamCreationTimestamp: aws.Time(created), StreamStatus: types.StreamStatusActive})(context.Background())
}

func (l *deletableStream) isCreatedAgain() bool {
	return l.createdAfter > 0 && l.wrote.Load() >= int64(l.createdAfter)
}
func (l *deletableStream) isDeleted() bool {
	return l.deletedAfter > 0 && l.wrote.Load() >= int64(l.deletedAfter) && !l.isCreatedAgain()
}

func (l *deletableStream) PutRecords(ctx context.Context, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	switch {
	case l.isDeleted():
		return nil, answered(400, &types.ResourceNotFoundException{Message: aws.String("Stream orders under account 0 not found.")})
	case l.isCreatedAgain() && l.inUse > 0:
		l.inUse--
		return nil, answered(400, &types.ResourceInUseException{})
	}
	l.wrote.Add(int64(len(in.Records)))
	return l.memoryStream.PutRecords(ctx, in)
}

// If the stream is deleted during a run, the run ends with a *DeletedError. It reports
// whether another stream has the name. A stream that never existed is no *DeletedError.
func TestFault13ReportsAStreamDeletedDuringTheRun(t *testing.T) {
	missing := &deletableStream{memoryStream: &memoryStream{}, deletedAfter: 1, denied: true}
	missing.wrote.Store(1)
	for name, tt := range map[string]struct {
		deletableStream *deletableStream
		want            error // nil: everything is written
	}{
		"stays":                               {&deletableStream{}, nil},
		"deleted":                             {&deletableStream{deletedAfter: 4}, &DeletedError{Stream: "orders"}},
		"deleted, description denied":         {&deletableStream{deletedAfter: 4, denied: true}, &DeletedError{Stream: "orders"}},
		"deleted and created, with other IDs": {&deletableStream{deletedAfter: 4, createdAfter: 4, ids: "x"}, &DeletedError{Stream: "orders", Again: true}},
		"deleted and created, the same IDs":   {&deletableStream{createdAfter: 4}, &DeletedError{Stream: "orders", Again: true}},
		"created again after a while":         {&deletableStream{createdAfter: 4, inUse: 3}, &DeletedError{Stream: "orders", Again: true}},
		"created again, description denied":   {&deletableStream{createdAfter: 4, denied: true}, nil},
		"in use for a while, same stream":     {&deletableStream{inUse: 3}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := tt.deletableStream
				l.memoryStream = &memoryStream{shards: fourShards()}
				i := 0
				got, err := newWriter(t, l, options()).Run(t.Context(), func(ctx context.Context) (Record, error) {
					if i++; i > 40 {
						return Record{}, io.EOF
					}
					if err := service.Sleep(ctx, time.Second); err != nil {
						return Record{}, err
					}
					if l.ids != "" && l.isCreatedAgain() {
						l.mu.Lock()
						l.shards = []string{"shardId-000000000009"}
						l.mu.Unlock()
					}
					return Record{PartitionKey: strconv.Itoa(i)}, nil
				})
				var deleted *DeletedError
				if !errors.As(err, &deleted) {
					if tt.want != nil || err != nil || got.Written != 40 {
						t.Errorf("got %+v, %v, want %v", got, err, tt.want)
					}
					return
				}
				want, _ := tt.want.(*DeletedError)
				if want == nil || deleted.Again != want.Again || deleted.Stream != want.Stream || deleted.NotFound() == deleted.Again || got.Written == 0 {
					t.Errorf("got %+v, %v, want %v", got, err, tt.want)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		_, err := newWriter(t, missing, options()).Run(t.Context(), numbered(1))
		var call *CallError
		if !errors.As(err, &call) || classify(err) != notFound || errors.As(err, new(*DeletedError)) {
			t.Errorf("got %v, want a stream that is not found", err)
		}
	})
}

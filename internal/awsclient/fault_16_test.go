package awsclient

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"kin/internal/bodysize"
	"kin/internal/service"
)

// A caller can refuse an answer because of its size before the whole answer is in memory. The
// server may or may not send a Content-Length.
func TestFault16LargeAnswersAreRefusedBeforeTheyAreReceived(t *testing.T) {
	const size = 4 << 20
	for name, announced := range map[string]bool{"announced": true, "not announced": false} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if announced {
					w.Header().Set("Content-Length", "4194304")
				}
				for range size / pieceSize {
					_, _ = w.Write(make([]byte, pieceSize))
				}
			}))
			defer server.Close()
			errTooLarge := errors.New("too large")
			var largest int64
			ctx := bodysize.WithCheck(t.Context(), func(bytes int64) error {
				if largest = max(largest, bytes); bytes > 1<<20 {
					return errTooLarge
				}
				return nil
			})
			_, err := NewLocal(server.URL).GetRecords(ctx, &service.GetRecordsInput{ShardIterator: "i"})
			if !errors.Is(err, errTooLarge) {
				t.Errorf("got %v", err)
			}
			if want := int64(1<<20 + pieceSize); announced && largest != size || !announced && largest != want {
				t.Errorf("refused at %d bytes", largest)
			}
		})
	}
}

package awsclient

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"kin/internal/bodysize"
	"kin/internal/service"
)

// The caller of a service can refuse an answer before it is in memory, whether the server
// says how large it is or not.
func TestFault16AnswerIsRefusedForItsSizeBeforeItIsReceived(t *testing.T) {
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
			var most int64
			ctx := bodysize.WithCheck(t.Context(), func(bytes int64) error {
				if most = max(most, bytes); bytes > 1<<20 {
					return errTooLarge
				}
				return nil
			})
			_, err := NewLocal(server.URL).GetRecords(ctx, &service.GetRecordsInput{ShardIterator: "i"})
			if !errors.Is(err, errTooLarge) {
				t.Errorf("got %v", err)
			}
			if want := int64(1<<20 + pieceSize); announced && most != size || !announced && most != want {
				t.Errorf("refused at %d bytes", most)
			}
		})
	}
}

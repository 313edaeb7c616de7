package functions

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A tick in flight outlives its sender's context, but neither its deadline nor the
// end of the set.
func TestFinishing(t *testing.T) {
	t.Parallel()
	const patience = 10 * time.Second
	tests := map[string]struct {
		timeout            time.Duration // of the client
		cancel, cut, leave bool          // while the request is in flight
		wantErr            bool
	}{
		"answered":             {patience, false, false, true, false},
		"the sender ends":      {patience, true, false, true, false},
		"cut off":              {patience, true, true, false, true},
		"the deadline counts":  {20 * time.Millisecond, false, false, false, true},
		"cut off while living": {patience, false, true, false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entered, leave, cut := make(chan struct{}), make(chan struct{}), make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(entered)
				select {
				case <-leave:
				case <-r.Context().Done():
				}
				_, _ = io.WriteString(w, "done")
			}))
			defer server.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-entered
				if tt.cancel {
					cancel()
				}
				if tt.cut {
					close(cut)
				}
				if tt.leave {
					<-time.After(20 * time.Millisecond) // longer than a cancelled request lasts
					close(leave)
				}
			}()
			client := &http.Client{Transport: finishing(cut, &http.Transport{}), Timeout: tt.timeout}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(r)
			if err == nil {
				response.Body.Close()
			}
			if (err != nil) != tt.wantErr {
				t.Errorf("the request: %v, want an error: %t", err, tt.wantErr)
			}
		})
	}
}

func TestFinishingStartsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := finishing(nil, http.DefaultTransport).RoundTrip(r)
	if err == nil {
		response.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a request whose context ended: %v, want %v", err, context.Canceled)
	}
}

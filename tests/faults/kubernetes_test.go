package faults_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// api is an API server that knows a running Job of every name. A test makes it fail.
type api struct {
	*httptest.Server

	config, token string // the files of a kubeconfig and of its token

	mu    sync.Mutex
	valid string                                   // the token that it accepts
	fail  func(http.ResponseWriter, *http.Request) // nil: it is well
}

func startAPI(t *testing.T) *api {
	t.Helper()
	dir := t.TempDir()
	a := &api{config: filepath.Join(dir, "config"), token: filepath.Join(dir, "token")}
	a.Server = httptest.NewUnstartedServer(a)
	a.Config.ErrorLog = log.New(io.Discard, "", 0)
	a.StartTLS()
	t.Cleanup(a.Close)
	ca := filepath.Join(dir, "ca.crt")
	a.write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw})))
	a.write(t, a.config, fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c",`+
		`"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority":%q}}],`+
		`"users":[{"name":"c","user":{"tokenFile":%q}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, a.URL, ca, a.token))
	a.rotate(t, "first")
	return a
}

func (a *api) write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// rotate replaces the token, in the file and at the server, which refuses the old one.
func (a *api) rotate(t *testing.T, token string) {
	t.Helper()
	a.write(t, a.token, token)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.valid = token
}

// failing makes the server answer with f; nil heals it.
func (a *api) failing(f func(http.ResponseWriter, *http.Request)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fail = f
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	fail, valid := a.fail, a.valid
	a.mu.Unlock()
	switch name, ok := strings.CutPrefix(r.URL.Path, "/apis/batch/v1/namespaces/default/jobs/"); {
	case fail != nil:
		fail(w, r)
	case r.Header.Get("Authorization") != "Bearer "+valid:
		answer(w, http.StatusUnauthorized, "Unauthorized")
	case !ok:
		answer(w, http.StatusNotFound, "NotFound")
	default:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":%q,"namespace":"default","uid":"u",`+
			`"creationTimestamp":"2020-01-01T00:00:00Z"},"status":{"active":2}}`, name)
	}
}

// answer writes an error as an API server does.
func answer(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d}`, reason, code)
}

// Kubernetes fails, and comes back. Ticks go on with the queue.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	tests := map[string]func(http.ResponseWriter, *http.Request){
		"429 with Retry-After": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			answer(w, http.StatusTooManyRequests, "TooManyRequests")
		},
		"500": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusInternalServerError, "InternalError")
		},
		"slow by 3 s": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(3 * time.Second):
			case <-r.Context().Done():
			}
			answer(w, http.StatusServiceUnavailable, "ServiceUnavailable")
		},
		"a rotated token": nil,
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, state, queue := startAPI(t), redistest.StartState(t), redistest.Start(t)
			s := open(t, map[string]string{"STATE_REDIS_URL": state.URL(), "JOB_STATUS": "kubernetes", "KUBECONFIG": a.config}, nil)
			ticks := s.jobsOn(queue, some)
			ticks.suffer(fault{what: "Kubernetes: " + name, lasts: 4 * time.Second, begin: func() {
				if f == nil {
					a.rotate(t, "second")
				}
				a.failing(f)
			}, heal: func() { a.failing(nil) }})
			ticks.check(queue.Client(), 0)
			began := time.Now()
			for _, id := range ids(some) {
				proctest.Until(t, "the Job of "+id+" is read again", func() bool {
					if _, _, err := s.deliver(t.Context(), id, uuid.NewString()); err != nil {
						return false
					}
					got := s.status(id)
					return got.Unobserved == nil && got.Last.Replicas == 2
				})
			}
			t.Logf("figures: Jobs are read again within %.1f s of the ticks' end", time.Since(began).Seconds())
		})
	}
}

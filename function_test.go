package function

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// func requires exactly one New or Handle at package level in the root's files,
// tests included. Its build fails on a replace line and on a workspace.
func TestRootMeetsFuncsRequirements(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if ok && f.Recv == nil && (f.Name.Name == "New" || f.Name.Name == "Handle") {
				found = append(found, f.Name.Name)
			}
		}
	}
	if len(found) != 1 || found[0] != "New" {
		t.Errorf("package-level entry points %v, want only New", found)
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(module), "replace") {
		t.Error("go.mod has a replace line, which breaks func's host build")
	}
	if _, err := os.Stat("go.work"); err == nil {
		t.Error("go.work exists, which breaks func's host build")
	}
}

// manifest is the part of func.yaml's schema that the file uses. Any other key fails
// the test.
type manifest struct {
	SpecVersion string    `json:"specVersion"`
	Name        string    `json:"name"`
	Runtime     string    `json:"runtime"`
	Created     time.Time `json:"created"`
	Invoke      string    `json:"invoke"`
	Run         struct {
		Envs []struct{ Name, Value string } `json:"envs"`
	} `json:"run"`
	Deploy struct {
		Labels          []struct{ Key, Value string } `json:"labels"`
		HealthEndpoints struct {
			Liveness  string `json:"liveness"`
			Readiness string `json:"readiness"`
		} `json:"healthEndpoints"`
		Options struct {
			Resources struct {
				Requests struct{ CPU, Memory string } `json:"requests"`
				Limits   struct{ CPU, Memory string } `json:"limits"`
			} `json:"resources"`
		} `json:"options"`
	} `json:"deploy"`
}

func TestManifest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("func.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.UnmarshalStrict(text, &m); err != nil {
		t.Fatal(err)
	}
	if m.Runtime != "go" || m.Invoke != "http" || m.SpecVersion == "" || m.Created.IsZero() {
		t.Errorf("func.yaml: %+v, want a Go function that serves HTTP", m)
	}
	const visibility = "networking.knative.dev/visibility"
	if len(m.Deploy.Labels) != 1 || m.Deploy.Labels[0].Key != visibility || m.Deploy.Labels[0].Value != "cluster-local" {
		t.Errorf("labels %v, want %s: cluster-local", m.Deploy.Labels, visibility)
	}
	settings := map[string]string{}
	for _, env := range m.Run.Envs {
		settings[env.Name] = env.Value
	}
	f := New()
	if err := f.Start(t.Context(), settings); err != nil {
		t.Fatalf("Start with func.yaml's settings: %v", err)
	}
	t.Cleanup(func() { _ = f.Stop(t.Context()) })
	for _, path := range []string{m.Deploy.HealthEndpoints.Liveness, m.Deploy.HealthEndpoints.Readiness} {
		w := httptest.NewRecorder()
		f.Handle(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d, want 200", path, w.Code)
		}
	}
}

func TestBeforeStart(t *testing.T) {
	t.Parallel()
	f := New()
	if ready, err := f.Ready(t.Context()); ready || err != nil {
		t.Errorf("Ready = %t, %v, want false", ready, err)
	}
	if alive, err := f.Alive(t.Context()); !alive || err != nil {
		t.Errorf("Alive = %t, %v, want true", alive, err)
	}
	w := httptest.NewRecorder()
	f.Handle(w, httptest.NewRequest(http.MethodGet, "/monitoring", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("Handle: %d, want %d", w.Code, http.StatusServiceUnavailable)
	}
	if err := f.Stop(t.Context()); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func TestStartNamesWrongSettings(t *testing.T) {
	t.Parallel()
	err := New().Start(t.Context(), map[string]string{"RETRIES": "x", "K_SERVICE": "kubejobs"})
	if err == nil || !strings.Contains(err.Error(), "RETRIES") || !strings.Contains(err.Error(), "STATE_REDIS_URL") {
		t.Errorf("Start: %v, want an error naming RETRIES and STATE_REDIS_URL", err)
	}
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	f := New()
	if err := f.Start(t.Context(), map[string]string{"TICK_SINK": "http://127.0.0.1:1/", "LOG_LEVEL": "error"}); err != nil {
		t.Fatal(err)
	}
	if ready, err := f.Ready(t.Context()); !ready || err != nil {
		t.Errorf("Ready = %t, %v, want true", ready, err)
	}
	w := httptest.NewRecorder()
	f.Handle(w, httptest.NewRequest(http.MethodGet, "/monitoring", nil))
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"jobs":[]}` {
		t.Errorf("Handle: %d %s, want 200 and no jobs", w.Code, w.Body)
	}
	if err := f.Stop(t.Context()); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if ready, _ := f.Ready(t.Context()); ready {
		t.Error("ready after Stop")
	}
}

// An instance whose start fails serves nothing and has released everything.
func TestFailedStartLeavesNoInstance(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := New()
	err := f.Start(ctx, map[string]string{
		"STATE_REDIS_URL": "redis://127.0.0.1:1", "SCHEDULER": "local", "JOB_STATUS": "queue",
		"TICK_SINK": "http://127.0.0.1:1/", "LOG_LEVEL": "error",
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Start: %v, want that it was cancelled", err)
	}
	w := httptest.NewRecorder()
	f.Handle(w, httptest.NewRequest(http.MethodGet, "/monitoring", nil))
	if ready, _ := f.Ready(t.Context()); ready || f.started.Load() != nil || w.Code != http.StatusServiceUnavailable {
		t.Errorf("after the failed start: ready %t, %d, want no instance and 503", ready, w.Code)
	}
}

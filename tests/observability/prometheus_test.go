package observability_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"kubejobs/shared/redistest"
)

// prometheus is a Prometheus that ends with its test.
type prometheus struct{ promv1.API }

// run starts a Prometheus by files, of which scrape.yaml is its configuration.
func run(t *testing.T, files map[string][]byte) prometheus {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 { // somebody may take the port before the server does
		if p, ok := try(t, dir); ok {
			return p
		}
	}
	t.Fatal("prometheus does not start")
	return prometheus{}
}

// try tells whether the server runs: it ends at once if its port is taken.
func try(t *testing.T, dir string) (prometheus, bool) {
	t.Helper()
	path, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal("prometheus is not installed: run `make test`, which installs it")
	}
	addr := fmt.Sprintf("127.0.0.1:%d", redistest.FreePort(t))
	var logs bytes.Buffer
	cmd := exec.Command(path, "--config.file="+filepath.Join(dir, "scrape.yaml"), "--log.level=warn",
		"--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+addr)
	cmd.Stdout, cmd.Stderr = &logs, &logs
	if err := cmd.Start(); err != nil {
		t.Fatalf("start prometheus: %v", err)
	}
	ended := watch(t, cmd, &logs)
	if !answers(t, "http://"+addr+"/-/ready", http.StatusOK, ended) {
		return prometheus{}, false
	}
	client, err := api.NewClient(api.Config{Address: "http://" + addr})
	if err != nil {
		t.Fatal(err)
	}
	return prometheus{promv1.NewAPI(client)}, true
}

// query is what an expression gives now.
func (p prometheus) query(ctx context.Context, expr string) (model.Vector, error) {
	value, warnings, _, err := p.Query(ctx, expr, time.Now())
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", expr, err)
	}
	if len(warnings) > 0 {
		return nil, fmt.Errorf("query %s: %v", expr, warnings)
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("query %s: got a %s, want a vector", expr, value.Type())
	}
	return vector, nil
}

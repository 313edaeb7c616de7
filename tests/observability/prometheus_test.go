package observability_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"kubejobs/shared/testkit/proctest"
)

// prometheus is a client of a running Prometheus.
type prometheus struct{ promv1.API }

// run starts a Prometheus that ends with the test. Its configuration is the file
// scrape.yaml.
func run(t *testing.T, files map[string][]byte) prometheus {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	server := proctest.Start(t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			return exec.Command("prometheus", "--config.file="+filepath.Join(dir, "scrape.yaml"), "--log.level=warn",
				"--storage.tsdb.path="+data, "--web.listen-address="+addr)
		},
		Answers: proctest.OK("/-/ready"),
	})
	client, err := api.NewClient(api.Config{Address: "http://" + server.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	return prometheus{promv1.NewAPI(client)}
}

// query evaluates an expression now.
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

// Package size_test holds what the program may link and how large it may be.
package size_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const program = "kubejobs/functions/cmd/kubejobs"

// most is the size of the stripped program in bytes, on amd64.
const most = 25_000_000

// heavy are packages that the program does not link, with why. A path that ends in /
// stands for all packages below it.
var heavy = map[string]string{
	"google.golang.org/grpc":                           "gRPC",
	"google.golang.org/grpc/":                          "gRPC",
	"google.golang.org/protobuf/":                      "2.4 MB, with Prometheus' client",
	"github.com/prometheus/client_golang/":             "2.4 MB, with protobuf",
	"go.opentelemetry.io/proto/":                       "3 MB, with gRPC",
	"go.opentelemetry.io/contrib/exporters/autoexport": "3 MB, with gRPC",
	"k8s.io/api/":                                      "4 MB of types of pods",
	"k8s.io/client-go/kubernetes":                      "types of all objects, as k8s.io/api",
	"knative.dev/pkg/apis":                             "4 MB, with k8s.io/api",
	"knative.dev/pkg/kmeta":                            "4 MB, with k8s.io/api",
	"html/template":                                    "11 MB, as the linker keeps all exported methods",
}

// TestHeavyPackages checks what is linked. text/template is, for cobra's own templates of
// help; they are not used, so that the linker still drops methods: TestSize shows it.
func TestHeavyPackages(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	if len(linked) < 100 {
		t.Fatalf("the program links %d packages, want all", len(linked))
	}
	for _, pkg := range linked {
		for path, cost := range heavy {
			if pkg == path || strings.HasSuffix(path, "/") && strings.HasPrefix(pkg, path) {
				t.Errorf("the program links %s: %s. `go list -deps -f '{{.ImportPath}}: {{.Imports}}' %s` shows who needs it", pkg, cost, program)
			}
		}
	}
}

// TestSize builds the program as `make build` does.
func TestSize(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kubejobs")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, program)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	file, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the program has %d bytes", file.Size())
	if file.Size() > most {
		t.Errorf("the program has %d bytes, want at most %d: `go tool nm -size -sort size` of a build without -s shows what is large", file.Size(), most)
	}
}

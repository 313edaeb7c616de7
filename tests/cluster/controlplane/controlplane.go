// Package controlplane runs a Kubernetes control plane for tests: etcd, kube-apiserver
// with RBAC, and the controllers that clean up.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// startTimeout bounds the time until a program answers.
const startTimeout = 2 * time.Minute

// Options are the options of a control plane.
type Options struct {
	// Controllers run in addition to those that clean up.
	Controllers []string
	// Kubelet, if set, is a configuration of kwok, which plays the kubelet of all nodes.
	Kubelet []byte
}

// ControlPlane is a running control plane. Unless the options say otherwise it has no
// nodes, no scheduler and no Job controller: tests write the status of Jobs.
type ControlPlane struct {
	dir       string
	binaries  string
	kwok      string // name of its program
	authority *authority
	etcd      *process
	apiserver *process
	manager   *process
	kubelet   *process // nil unless Options.Kubelet
	options   Options
	admin     *rest.Config
	dynamic   dynamic.Interface
}

// Start starts a control plane that ends with the test. It applies the manifests before
// the garbage collector starts, which learns of later kinds only after half a minute.
func Start(tb testing.TB, manifests ...[]byte) *ControlPlane {
	tb.Helper()
	return StartWith(tb, Options{}, manifests...)
}

// StartWith is like Start, with options.
func StartWith(tb testing.TB, o Options, manifests ...[]byte) *ControlPlane {
	tb.Helper()
	c, err := start(tb.Context(), tb.TempDir(), o, manifests)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.stop)
	return c
}

// Main runs the tests of a TestMain with one control plane in *shared, started as by
// Start, and returns the exit code.
func Main(m *testing.M, shared **ControlPlane, manifests ...[]byte) int {
	dir, err := os.MkdirTemp("", "controlplane")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	c, err := start(context.Background(), dir, Options{}, manifests)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer c.stop()
	*shared = c
	return m.Run()
}

func start(ctx context.Context, dir string, o Options, manifests [][]byte) (_ *ControlPlane, err error) {
	c := &ControlPlane{dir: dir, options: o}
	defer func() { // a return of nil leaves c as it is
		if err != nil {
			c.stop()
		}
	}()
	if c.binaries, c.kwok, err = binaries(); err != nil {
		return nil, err
	}
	if c.authority, err = newAuthority(dir); err != nil {
		return nil, err
	}
	if c.etcd, err = c.run(ctx, "etcd", "health", c.etcdArgs); err != nil {
		return nil, err
	}
	if err := c.writeAPIServerFiles(); err != nil {
		return nil, err
	}
	if c.apiserver, err = c.run(ctx, "kube-apiserver", "readyz", c.apiserverArgs); err != nil {
		return nil, err
	}
	if c.admin, err = c.clientConfig("admin", "system:masters"); err != nil {
		return nil, err
	}
	if c.dynamic, err = dynamic.NewForConfig(c.admin); err != nil {
		return nil, err
	}
	for _, manifest := range manifests {
		if err := c.apply(ctx, "", manifest); err != nil {
			return nil, err
		}
	}
	if err := c.writeManagerFiles(); err != nil {
		return nil, err
	}
	if c.manager, err = c.run(ctx, "kube-controller-manager", "healthz", c.managerArgs); err != nil || o.Kubelet == nil {
		return c, err
	}
	if err := c.writeKubeletFiles(); err != nil {
		return nil, err
	}
	c.kubelet, err = c.run(ctx, c.kwok, "healthz", c.kubeletArgs)
	return c, err
}

// run starts a program on a free port and waits until it answers.
func (c *ControlPlane) run(ctx context.Context, name, health string, args func(port string) []string) (*process, error) {
	var taken error
	for range 5 { // another process may take the port first
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		p := &process{
			path: filepath.Join(c.binaries, name), args: args(port), log: filepath.Join(c.dir, name+".log"),
			address: "127.0.0.1:" + port, health: health, client: c.authority.client(),
		}
		if taken = p.start(ctx); !errors.Is(taken, errEnded) {
			return p, taken
		}
	}
	return nil, taken
}

// stop stops the programs, each before the one that it uses.
func (c *ControlPlane) stop() {
	for _, p := range []*process{c.kubelet, c.manager, c.apiserver, c.etcd} {
		if p != nil {
			p.stop()
		}
	}
}

// StopAPIServer kills kube-apiserver. Its data stays in etcd.
func (c *ControlPlane) StopAPIServer(tb testing.TB) {
	tb.Helper()
	c.apiserver.stop()
}

// StartAPIServer starts a stopped kube-apiserver with the same port and data. It
// restarts the controllers, which may have given up.
func (c *ControlPlane) StartAPIServer(tb testing.TB) {
	tb.Helper()
	if err := c.apiserver.start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	c.manager.stop()
	if err := c.manager.start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// Version returns the version that the API server reports.
func (c *ControlPlane) Version(tb testing.TB) string {
	tb.Helper()
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := c.get(tb.Context(), "/version", &version); err != nil {
		tb.Fatal(err)
	}
	return version.GitVersion
}

// AdminConfig returns the configuration of a user who may do everything.
func (c *ControlPlane) AdminConfig() *rest.Config { return rest.CopyConfig(c.admin) }

// Dynamic returns a client of that user.
func (c *ControlPlane) Dynamic() dynamic.Interface { return c.dynamic }

// clientConfig returns the configuration of a user with a new certificate.
func (c *ControlPlane) clientConfig(user, group string) (*rest.Config, error) {
	certificate, key, err := c.authority.issue(user, group)
	if err != nil {
		return nil, err
	}
	config := c.anonymous()
	config.CertData, config.KeyData = certificate, key
	return config, nil
}

// anonymous returns a configuration without a user and without a rate limit.
func (c *ControlPlane) anonymous() *rest.Config {
	return &rest.Config{
		Host:            "https://" + c.apiserver.address,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.authority.certificate},
		QPS:             -1,
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"kubejobs/functions"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/httpapi"
)

// Limits of the program's own server. Knative's proxy has limits of its own.
const (
	headerTimeout  = 5 * time.Second
	idleTimeout    = 75 * time.Second
	maxHeaderBytes = 16 << 10
	// silentTimeout is how long a new connection may send nothing while the server
	// ends. Browsers keep such connections open.
	silentTimeout = 500 * time.Millisecond
)

// server serves the functions.
type server interface {
	// serve returns an error if the server fails, and nil once it drains.
	serve() error
	// drain ends the server: it waits for requests in flight until ctx ends.
	drain(ctx context.Context) error
}

// newServer returns the server for where the program runs: functions-framework-go
// in Knative, the program's own elsewhere. The framework takes no listener, no
// timeout of headers or idle connections.
func newServer(b bound, set *functions.Set, log *slog.Logger) (server, error) {
	if b.knative {
		return &framework{cfg: b.cfg, listener: b.listener, set: set}, nil
	}
	handler, err := set.Handler(b.cfg.Target)
	if err != nil {
		return nil, err
	}
	return newOwnServer(b.guard(handler), b.listener, set.EndStreams, log), nil
}

// ownServer is the server outside Knative.
type ownServer struct {
	http       *http.Server
	listener   net.Listener
	endStreams func()

	mu     sync.Mutex
	silent map[net.Conn]struct{} // connections that have sent nothing
}

func newOwnServer(handler http.Handler, listener net.Listener, endStreams func(), log *slog.Logger) *ownServer {
	s := &ownServer{listener: listener, endStreams: endStreams, silent: map[net.Conn]struct{}{}}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnState:         s.track,
	}
	return s
}

func (s *ownServer) track(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew {
		s.silent[conn] = struct{}{}
		return
	}
	delete(s.silent, conn)
}

func (s *ownServer) serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", s.listener.Addr(), err)
	}
	return nil
}

// drain closes the listener and idle connections, ends the streams and the sweeps, and waits for
// the requests in flight. A client that polls is refused; it cannot keep the server.
func (s *ownServer) drain(ctx context.Context) error {
	s.endStreams()
	timer := time.AfterFunc(silentTimeout, func() {
		defer failure.Rescue(func(err error) { s.http.ErrorLog.Print(err) })
		s.closeSilent()
	})
	defer timer.Stop()
	if err := s.http.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests in flight were cut off: %w", errors.Join(err, s.http.Close()))
	}
	return nil
}

// closeSilent closes connections that have sent nothing: Shutdown would wait five
// seconds for them.
func (s *ownServer) closeSilent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.silent {
		_ = conn.Close() // it is of no use to anybody
	}
}

// framework is functions-framework-go, which serves until the process ends.
type framework struct {
	cfg      config.Config
	listener net.Listener
	set      *functions.Set
}

// serve passes the functions to the framework. It cannot be given the listener,
// which has shown that the port is free.
func (f *framework) serve() error {
	host, port, err := net.SplitHostPort(f.cfg.Listen)
	if err != nil {
		return err
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // the framework joins host and port without brackets
	}
	// With K_SERVICE the framework prints an empty line to standard output and one
	// to standard error after each request. The settings have been read.
	if err := errors.Join(os.Unsetenv("K_SERVICE"), os.Setenv("FUNCTION_TARGET", f.cfg.Target), f.listener.Close()); err != nil {
		return err
	}
	functions.Register(f.set)
	return listenError(f.cfg.Listen, funcframework.StartHostPort(host, port))
}

func (f *framework) drain(ctx context.Context) error {
	if err := f.set.Drain(ctx); err != nil {
		return fmt.Errorf("requests in flight were cut off: %w", err)
	}
	return nil
}

// bound is where the program serves: its settings and a listener.
type bound struct {
	cfg      config.Config
	listener net.Listener
	knative  bool
}

// bind loads the settings and listens on the address that they name, changed by
// address if that is not nil. Port 0 is any free port; the settings are those for
// the port that was found.
func bind(ctx context.Context, lookup config.Lookup, address func(string) (string, error)) (bound, error) {
	cfg, err := config.Load(lookup)
	if err != nil {
		return bound{}, err
	}
	if address != nil {
		if cfg.Listen, err = address(cfg.Listen); err != nil {
			return bound{}, err
		}
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return bound{}, listenError(cfg.Listen, err)
	}
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return bound{}, errors.Join(err, listener.Close())
	}
	found := net.JoinHostPort(host, strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	cfg, err = config.Load(func(name string) (string, bool) {
		if name == "LISTEN_ADDRESS" {
			return found, true
		}
		return lookup(name)
	})
	if err != nil {
		return bound{}, errors.Join(err, listener.Close())
	}
	service, _ := lookup("K_SERVICE")
	return bound{cfg: cfg, listener: listener, knative: service != ""}, nil
}

// guard returns handler without the requests of pages whose name was made to resolve to
// this machine. The functions themselves refuse those of other origins.
func (b bound) guard(handler http.Handler) http.Handler {
	if b.reachable() {
		return handler // under names that the program does not know
	}
	return httpapi.RefuseForeignHosts(handler, b.cfg.Listen)
}

// reachable reports whether other machines can reach the server.
func (b bound) reachable() bool { return !b.listener.Addr().(*net.TCPAddr).IP.IsLoopback() }

func listenError(address string, err error) error {
	return fmt.Errorf("listen on %s (PORT or LISTEN_ADDRESS): %w", address, err)
}

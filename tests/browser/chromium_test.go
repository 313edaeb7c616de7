package browser_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is the browser that all tests share. Each test has a profile of its own in it.
var chromium *browser

// planted is a host that does not exist, for the tests of the harness.
const planted = "planted.example"

// endTimeout bounds the end of the browser.
const endTimeout = 10 * time.Second

// browser is a running Chromium.
type browser struct {
	ctx    context.Context //nolint:containedctx // chromedp keeps the browser in it
	cancel context.CancelFunc
	beyond *beyond
}

// startChromium starts Debian's Chromium without a window, with an empty profile in dir.
// Whatever it asks of a host other than this machine goes to a proxy, which refuses it.
func startChromium(dir string) (*browser, error) {
	beyond, err := listenBeyond()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("headless", "new"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", false),                         // a person sees them
		chromedp.ProxyServer("http://"+beyond.listener.Addr().String()), // never for loopback
		chromedp.WindowSize(1280, 900), chromedp.UserDataDir(dir),
		chromedp.WSURLReadTimeout(time.Minute), // on a busy machine
	)
	if path := os.Getenv("CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, err
	}
	return &browser{ctx: ctx, cancel: cancel, beyond: beyond}, nil
}

func (b *browser) stop() {
	ctx, cancel := context.WithTimeout(b.ctx, endTimeout)
	defer cancel()
	_ = chromedp.Cancel(ctx) // it is killed next
	b.cancel()
	_ = b.beyond.listener.Close()
}

// beyond is a proxy that stands for everything beyond this machine. It refuses each request
// and remembers its host.
type beyond struct {
	listener net.Listener

	mu    sync.Mutex
	hosts []string
}

func listenBeyond() (*beyond, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &beyond{listener: listener}
	server := &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	return b, nil
}

func (b *beyond) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hosts = append(b.hosts, strings.TrimSuffix(r.Host, ":443"))
	http.Error(w, "there is nothing beyond this machine", http.StatusForbidden)
}

// strangers returns the hosts that were asked for, oldest first, without those that Chromium
// itself asks for, and the one that the tests of the harness plant.
func (b *beyond) strangers() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.hosts), func(host string) bool {
		return host == planted || strings.HasSuffix(host, ".google.com") || strings.HasSuffix(host, ".googleapis.com")
	})
}

package browser_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// watcher sees what the tabs and workers of one profile do. It fails the test, at its end,
// if one of them showed an error or asked for another host, unless that was expected.
type watcher struct {
	tb testing.TB

	mu       sync.Mutex
	hosts    []string // that may be asked
	expected []*regexp.Regexp
	problems []string
	requests []request
	index    map[network.RequestID]int // in requests
}

// request is one request of a tab or a worker.
type request struct {
	method, url string
	status      int   // of the answer; 0 while there is none
	bytes       int64 // of the answer, as it was sent; 0 while it is under way
}

func newWatcher(tb testing.TB, server string) *watcher {
	tb.Helper()
	w := uncheckedWatcher(tb, server)
	tb.Cleanup(func() { // after the tabs are closed
		if found := w.found(); found != "" {
			tb.Error(found)
		}
	})
	return w
}

// uncheckedWatcher returns a watcher that does not fail the test.
func uncheckedWatcher(tb testing.TB, server string) *watcher {
	tb.Helper()
	return &watcher{tb: tb, hosts: []string{host(server)}, index: map[network.RequestID]int{}}
}

// allow lets a page ask another server too.
func (w *watcher) allow(server string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts = append(w.hosts, host(server))
}

// expect excuses the errors whose text matches a pattern.
func (w *watcher) expect(pattern string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected = append(w.expected, regexp.MustCompile(pattern))
}

// expectLoss excuses what the browser itself logs while the server does not answer.
func (w *watcher) expectLoss() { w.expect(`net::ERR_(CONNECTION_|INCOMPLETE|EMPTY_RESPONSE|NETWORK_)`) }

// found returns the problems that were not expected, a line for each.
func (w *watcher) found() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(slices.DeleteFunc(slices.Clone(w.problems), func(problem string) bool {
		return slices.ContainsFunc(w.expected, func(e *regexp.Regexp) bool { return e.MatchString(problem) })
	}), "\n")
}

// all returns all problems, expected or not.
func (w *watcher) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.problems)
}

// see takes an event of a tab or a worker.
func (w *watcher) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.problem("console: %s", arguments(e.Args))
		}
	case *runtime.EventExceptionThrown:
		w.problem("exception: %s %s", e.ExceptionDetails.Text, arguments([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			w.problem("log: %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		w.requested(e.RequestID, e.Request)
	case *network.EventResponseReceived:
		if i, ok := w.index[e.RequestID]; ok {
			w.requests[i].status = int(e.Response.Status)
		}
	case *network.EventLoadingFinished:
		if i, ok := w.index[e.RequestID]; ok {
			w.requests[i].bytes = int64(e.EncodedDataLength)
		}
	}
}

func (w *watcher) requested(id network.RequestID, r *network.Request) {
	w.index[id] = len(w.requests)
	w.requests = append(w.requests, request{method: r.Method, url: r.URL})
	local := strings.HasPrefix(r.URL, "data:") || strings.HasPrefix(r.URL, "blob:")
	if !local && !slices.Contains(w.hosts, host(r.URL)) {
		w.problem("a request to another host: %s %s", r.Method, r.URL)
	}
}

func (w *watcher) problem(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// arguments returns what a console shows of values.
func arguments(values []*runtime.RemoteObject) string {
	var texts []string
	for _, value := range values {
		if value != nil {
			texts = append(texts, strings.TrimSpace(string(value.Value)+" "+value.Description))
		}
	}
	return strings.Join(texts, " ")
}

// asked returns the requests whose URL holds a text, oldest first.
func (w *watcher) asked(part string) []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []request
	for _, r := range w.requests {
		if strings.Contains(r.url, part) {
			found = append(found, r)
		}
	}
	return found
}

// statuses returns those of the answers to requests whose URL holds a text, oldest first.
func (w *watcher) statuses(part string) []int {
	var found []int
	for _, r := range w.asked(part) {
		if r.status != 0 {
			found = append(found, r.status)
		}
	}
	return found
}

// follow attaches to each worker of the profile of a tab.
func (w *watcher) follow(ctx context.Context) {
	w.tb.Helper()
	profile := chromedp.FromContext(ctx).BrowserContextID
	attach := func(info *target.Info) {
		if !strings.Contains(info.Type, "worker") || info.BrowserContextID != profile {
			return
		}
		worker, _ := chromedp.NewContext(ctx, chromedp.WithTargetID(info.TargetID), chromedp.WithDetachOnCancel(), chromedp.WithListener(w.see))
		go func() { _ = chromedp.Do(worker) }() // the worker may have ended
	}
	err := chromedp.ListenBrowser(ctx, func(event any) {
		if e, ok := event.(*target.EventTargetCreated); ok {
			attach(e.TargetInfo)
		}
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	if _, err := chromedp.CallBrowser(ctx, target.SetDiscoverTargets, target.SetDiscoverTargetsParams{Discover: true}); err != nil {
		w.tb.Fatal(err)
	}
}

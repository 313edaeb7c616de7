package ui_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kubejobs/functions/ui"
)

// most is how many bytes the first load of a page may take, compressed.
const most = 150 << 10

func request(t *testing.T, handler http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
	return w
}

// loaded returns the paths of the assets that a page names.
func loaded(root *html.Node) []string {
	var paths []string
	for _, n := range find(root, func(n *html.Node) bool { return n.Data == "script" || n.Data == "link" || n.Data == "img" }) {
		if address := attribute(n, "src") + attribute(n, "href"); address != "" && !slices.Contains(paths, address) {
			paths = append(paths, address)
		}
	}
	return paths
}

func TestSizeOfTheFirstLoad(t *testing.T) {
	t.Parallel()
	handler := ui.New()
	for _, page := range pages {
		sum := get(t, handler, page, "Accept-Encoding", "gzip").Body.Len()
		for _, asset := range loaded(parse(t, get(t, handler, page).Body.String())) {
			sum += get(t, handler, asset, "Accept-Encoding", "gzip").Body.Len()
		}
		t.Logf("%s takes %d bytes", page, sum)
		if sum > most {
			t.Errorf("%s takes %d bytes, want at most %d", page, sum, most)
		}
	}
}

func TestAssetsAreKept(t *testing.T) {
	t.Parallel()
	handler := ui.New()
	for _, page := range pages {
		assets := loaded(parse(t, get(t, handler, page).Body.String()))
		if len(assets) < 8 {
			t.Errorf("%s loads only %v", page, assets)
		}
		for _, asset := range assets {
			w := get(t, handler, asset)
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" ||
				w.Header().Get("Content-Security-Policy") != csp || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s = %d %v", asset, w.Code, w.Header())
			}
			again := get(t, handler, asset, "If-None-Match", w.Header().Get("ETag"))
			if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s again = %d with %d bytes, want 304", asset, again.Code, again.Body.Len())
			}
			other := get(t, handler, "/ui/assets/0123/"+path.Base(asset))
			if other.Code != http.StatusOK || other.Header().Get("Cache-Control") != "no-cache" || other.Header().Get("ETag") != w.Header().Get("ETag") {
				t.Errorf("%s of another version = %d %v", asset, other.Code, other.Header())
			}
		}
	}
	for _, missing := range []string{"/ui/assets/x/none.js", "/ui/assets/list.js", "/ui/assets/x/README.md", "/ui/assets/"} {
		if w := get(t, handler, missing); w.Code != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", missing, w.Code)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	handler := ui.New()
	for _, address := range append(loaded(parse(t, get(t, handler, "/ui/jobs/a").Body.String())), pages...) {
		plain, small := get(t, handler, address), get(t, handler, address, "Accept-Encoding", "br, gzip")
		refused := get(t, handler, address, "Accept-Encoding", "gzip;q=0, identity")
		if small.Header().Get("Content-Encoding") != "gzip" || small.Header().Get("Vary") != "Accept-Encoding" ||
			plain.Header().Get("Content-Encoding")+refused.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %v, %v, %v", address, small.Header(), plain.Header(), refused.Header())
		}
		reader, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil || !bytes.Equal(text, plain.Body.Bytes()) || !bytes.Equal(text, refused.Body.Bytes()) {
			t.Errorf("%s: %d bytes were compressed, %d are not, %v", address, len(text), plain.Body.Len(), err)
		}
		if tag := small.Header().Get("ETag"); tag != "" && tag == plain.Header().Get("ETag") {
			t.Errorf("%s has the same tag in gzip", address)
		}
	}
}

var (
	imported = regexp.MustCompile(`(?m)^import .* from '\./([\w.]+)';`)
	host     = regexp.MustCompile(`(?:https?:)?//[a-zA-Z0-9][\w-]*\.[a-zA-Z]`)
)

// A page names every module that its script imports, so that they load at once, and no
// other one.
func TestModulesAreLoadedEarly(t *testing.T) {
	t.Parallel()
	handler := ui.New()
	for _, page := range pages {
		root := parse(t, get(t, handler, page).Body.String())
		var early []string
		for _, n := range find(root, func(n *html.Node) bool { return attribute(n, "rel") == "modulepreload" }) {
			early = append(early, path.Base(attribute(n, "href")))
		}
		script := find(root, func(n *html.Node) bool { return attribute(n, "type") == "module" })[0]
		slices.Sort(early)
		if want := imports(t, path.Base(attribute(script, "src"))); !slices.Equal(early, want) {
			t.Errorf("%s names %v, want %v", page, early, want)
		}
	}
}

// imports returns the modules that a script imports, and those that these import, sorted.
func imports(t *testing.T, script string) []string {
	t.Helper()
	var all []string
	for next := []string{script}; len(next) > 0; next = next[1:] {
		source, err := os.ReadFile("assets/" + next[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range imported.FindAllStringSubmatch(string(source), -1) {
			if !slices.Contains(all, found[1]) {
				all, next = append(all, found[1]), append(next, found[1])
			}
		}
	}
	slices.Sort(all)
	return all
}

// Nothing is loaded from elsewhere: no asset names another host, but for a name space and
// where uPlot comes from.
func TestNoOtherHost(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, pattern := range []string{"assets/*", "templates/*", "vendor/uplot/*.js", "vendor/uplot/*.css"} {
		names, err := os.ReadDir(path.Dir(pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range names {
			if ok, _ := path.Match(path.Base(pattern), entry.Name()); !ok {
				continue
			}
			source, err := os.ReadFile(path.Join(path.Dir(pattern), entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			known := strings.NewReplacer("http://www.w3.org/2000/svg", "", "https://github.com/leeoniya/uPlot (v", "")
			if found := host.FindString(known.Replace(string(source))); found != "" {
				t.Errorf("%s names %s", entry.Name(), found)
			}
			checked++
		}
	}
	if checked < 25 {
		t.Errorf("%d files were checked", checked)
	}
}

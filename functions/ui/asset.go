package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"sync"
	"time"

	"kubejobs/shared/platform/httpapi"
)

//go:embed assets/*.js assets/*.css assets/*.svg vendor/uplot/*.js vendor/uplot/*.css
var files embed.FS

// kinds are the types of assets by the ends of their names.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

// assets are the files that pages load. All have the same version, a hash of their
// contents, in their path: scripts name one another by relative paths.
type assets struct {
	version string
	byName  map[string]asset
}

// asset is one file, as it is and compressed.
type asset struct {
	kind  string
	tag   string // hash of its content
	plain []byte
	small func() []byte
}

func newAsset(kind string, text []byte) asset {
	sum := sha256.Sum256(text)
	return asset{
		kind: kind, tag: hex.EncodeToString(sum[:12]), plain: text,
		small: sync.OnceValue(func() []byte { return compressed(text) }),
	}
}

func newAssets() *assets {
	a := &assets{byName: map[string]asset{}}
	all := sha256.New()
	for _, name := range assetFiles() {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // files are part of the program
		}
		file := newAsset(kinds[path.Ext(name)], text)
		_, _ = all.Write([]byte(name + "\x00" + file.tag))
		a.byName[path.Base(name)] = file
	}
	a.version = hex.EncodeToString(all.Sum(nil)[:8])
	return a
}

// assetFiles returns the paths of all files, sorted.
func assetFiles() []string {
	var names []string
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		panic(err) // files are part of the program
	}
	return names
}

// serve serves an asset. That of this version never changes. A page that another version
// of the program rendered gets what there is, and asks again the next time.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	found, ok := a.byName[r.PathValue("name")]
	if !ok {
		httpapi.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	if r.PathValue("version") == a.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	found.serve(w, r, http.StatusOK)
}

// serve serves a file with a status.
func (a asset) serve(w http.ResponseWriter, r *http.Request, status int) {
	header := w.Header()
	secure(header)
	header.Set("Content-Type", a.kind)
	header.Add("Vary", "Accept-Encoding")
	text, tag := a.plain, a.tag
	if httpapi.Accepts(r.Header.Values("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		text, tag = a.small(), tag+"-gzip"
	}
	if status != http.StatusOK {
		header.Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(status)
		_, _ = w.Write(text) // an error means that the caller is gone
		return
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}

// compressed returns text in gzip.
func compressed(text []byte) []byte {
	var small bytes.Buffer
	writer, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is right
	}
	_, _ = writer.Write(text) // a buffer takes everything
	_ = writer.Close()
	return small.Bytes()
}

// csp allows a page what this server serves, and nothing else: no inline script, no
// inline style, no frame around it.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// secure sets the headers that every page and asset has.
func secure(header http.Header) {
	header.Set("Content-Security-Policy", csp)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

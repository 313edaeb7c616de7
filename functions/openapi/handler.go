// Package openapi serves GET /openapi.json, the description of the whole API, and
// /ui/api, the same for people.
//
// The files in document are written by hand. openapi.json and page.html are made of
// them beforehand: a program that runs html/template is 11 MB larger, because the linker
// can then drop no exported method. The program holds them compressed.
package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the three files
	"encoding/hex"
	"io"
	"net/http"
	"sync"
	"time"
)

//go:generate go run kubejobs/functions/openapi/generate

var (
	//go:embed openapi.json.gz
	packedDocument []byte
	//go:embed page.html.gz
	packedPage []byte
	//go:embed style.css
	style []byte

	document = sync.OnceValue(func() []byte { return unpack(packedDocument) })
	page     = sync.OnceValue(func() []byte { return unpack(packedPage) })
)

// unpack decompresses one of the files, which go generate has compressed.
func unpack(packed []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return text
}

// Document returns the description of the API, OpenAPI 3.1 as JSON.
func Document() []byte { return bytes.Clone(document()) }

// policy is the Content-Security-Policy of the page: a stylesheet of this server, and
// nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// New returns the handler of the document.
func New() http.Handler { return serve("application/json", document) }

// NewPage returns the handler of the page.
func NewPage() http.Handler { return serve("text/html; charset=utf-8", page) }

// NewStyle returns the handler of the page's stylesheet.
func NewStyle() http.Handler { return serve("text/css; charset=utf-8", func() []byte { return style }) }

// serve returns a handler of a text, which clients may keep and ask about by its ETag.
func serve(contentType string, text func() []byte) http.Handler {
	tag := sync.OnceValue(func() string { // most instances are not asked
		sum := sha256.Sum256(text())
		return `"` + hex.EncodeToString(sum[:8]) + `"`
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("ETag", tag())
		h.Set("Cache-Control", "no-cache") // ask each time whether the text is the same
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", policy)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text()))
	})
}

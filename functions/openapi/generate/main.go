// Command generate writes openapi.json and page.html of the package openapi, each also
// compressed. It runs in the folder of that package, as go generate runs it.
package main

import (
	"bytes"
	"compress/gzip"
	"log"
	"os"

	"kubejobs/functions/openapi/describe"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	document, err := describe.Merge(os.DirFS("document"))
	if err != nil {
		return err
	}
	page, err := describe.Page(document)
	if err != nil {
		return err
	}
	if err := write("openapi.json", document); err != nil {
		return err
	}
	return write("page.html", page)
}

// write writes a text, and once more with gzip.
func write(name string, text []byte) error {
	const mode = 0o644
	if err := os.WriteFile(name, text, mode); err != nil {
		return err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name+".gz", packed.Bytes(), mode)
}

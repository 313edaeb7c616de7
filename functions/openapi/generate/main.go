// Command generate writes openapi.json and page.html of the package openapi. It runs in
// the folder of that package, as go generate runs it.
package main

import (
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
	const mode = 0o644
	if err := os.WriteFile("openapi.json", document, mode); err != nil {
		return err
	}
	return os.WriteFile("page.html", page, mode)
}

// Command generate makes the pages of package ui of its templates. It runs in the folder of
// that package, as go generate runs it.
package main

import (
	"log"
	"os"

	"kubejobs/functions/ui/render"
)

func main() {
	pages, err := render.Pages(os.DirFS("."))
	if err != nil {
		log.Fatal(err)
	}
	const mode = 0o644
	for name, text := range pages {
		if err := os.WriteFile("pages/"+name+".html", text, mode); err != nil {
			log.Fatal(err)
		}
	}
}

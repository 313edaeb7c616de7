package describe

import (
	"bytes"
	_ "embed" // page.tmpl
	"html/template"
	"slices"
	"strings"
)

//go:embed page.tmpl
var pageTemplate string

// Page returns the page of a document.
func Page(document []byte) ([]byte, error) {
	d, err := Parse(document)
	if err != nil {
		return nil, err
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"prose": prose, "kind": kind, "fields": fields, "link": link, "of": d.of, "lower": strings.ToLower,
		"json": func(value any) string { return encode(value, "  ") }, "isText": isText,
	}).Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, d); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// of returns the operations with a tag.
func (d *Document) of(tag string) []*Operation {
	var found []*Operation
	for _, o := range d.Operations() {
		if slices.Contains(o.Tags, tag) {
			found = append(found, o)
		}
	}
	return found
}

func isText(value any) bool { _, ok := value.(string); return ok }

// prose returns a description: paragraphs with code in backticks.
func prose(text string) template.HTML {
	var out strings.Builder
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		out.WriteString("<p>")
		for i, part := range strings.Split(paragraph, "`") {
			escaped := template.HTMLEscapeString(part)
			if i%2 == 1 {
				escaped = "<code>" + escaped + "</code>"
			}
			out.WriteString(escaped)
		}
		out.WriteString("</p>")
	}
	return template.HTML(out.String()) //nolint:gosec // each part is escaped
}

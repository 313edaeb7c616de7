package describe

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Call is an example of a request.
type Call struct {
	Operation string // its id
	Summary   string
	Method    string
	Target    string // path and query
	Header    [][2]string
	Body      string // JSON, or ""
}

// Calls returns the examples of an operation: one for each body, and one with all
// parameters that have an example.
func (o *Operation) Calls() []Call {
	base := Call{Operation: o.ID, Method: o.Method, Target: o.Path}
	var query []string
	for _, p := range o.Parameters {
		if p.Example == nil {
			continue
		}
		value := fmt.Sprint(p.Example)
		switch p.In {
		case "path":
			base.Target = strings.ReplaceAll(base.Target, "{"+p.Name+"}", url.PathEscape(value))
		case "query":
			query = append(query, p.Name+"="+url.QueryEscape(value))
		case "header":
			base.Header = append(base.Header, [2]string{p.Name, value})
		}
	}
	calls := []Call{base}
	if o.RequestBody != nil && len(o.RequestBody.Content["application/json"].Examples) > 0 {
		calls = nil
		examples := o.RequestBody.Content["application/json"].Examples
		for _, name := range slices.Sorted(maps.Keys(examples)) {
			one := base
			one.Summary, one.Body = examples[name].Summary, compact(examples[name].Value)
			one.Header = append(slices.Clone(base.Header), [2]string{"Content-Type", "application/json"})
			calls = append(calls, one)
		}
	}
	if len(query) > 0 {
		all := base
		all.Target += "?" + strings.Join(query, "&")
		calls = append(calls, all)
	}
	return calls
}

// Curl returns the command line of a call. The variable KUBEJOBS_URL is the server.
func (c Call) Curl() string {
	parts := []string{"curl"}
	if strings.HasSuffix(c.Target, "/events") || strings.Contains(c.Target, "/events?") {
		parts = append(parts, "-N")
	}
	if c.Method != http.MethodGet {
		parts = append(parts, "-X "+c.Method)
	}
	parts = append(parts, `"$KUBEJOBS_URL`+c.Target+`"`)
	for _, h := range c.Header {
		parts = append(parts, "-H "+quote(h[0]+": "+h[1]))
	}
	if c.Body != "" {
		parts = append(parts, "-d "+quote(c.Body))
	}
	return strings.Join(parts, " \\\n  ")
}

// quote returns a text in the quotes of a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// compact returns a value as JSON on one line.
func compact(value any) string { return encode(value, "") }

// encode returns a value as JSON, with an indentation if there is one.
func encode(value any, indent string) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		panic(err) // it was read from JSON
	}
	return strings.TrimSuffix(text.String(), "\n")
}

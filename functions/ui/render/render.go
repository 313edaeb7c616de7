// Package render makes the pages of package ui of its templates. The program does not
// import it.
package render

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"kubejobs/shared/monitor"
)

// key explains a line of a plot.
type key struct{ Class, Word string }

// plot is what the page says of a plot that a script draws.
type plot struct {
	Name, Title string
	Wide        bool
	Keys        []key
}

var plots = []plot{
	{"progress", "Progress", true, []key{{"a", "items done"}, {"c", "time"}, {"band", "forecast, 10 to 90 %"}, {"line", "deadline"}}},
	{"error", "Error, in points of progress", false, []key{{"a", "ahead above 0, behind below"}}},
	{"replicas", "Replicas", false, []key{{"a", "working"}, {"b", "asked for"}}},
	{"lateness", "Lateness of ticks", false, []key{{"a", "from the instant to the arrival"}}},
}

// option is an entry of a select.
type option struct{ Value, Word string }

// orders are the orders that the list offers, in words.
var orders = []option{
	{"", "Most urgent first"},
	{string(monitor.OrderDeadline), "Earliest deadline first"},
	{string(monitor.OrderProgress), "Least progress first"},
	{"-" + string(monitor.OrderProgress), "Most progress first"},
	{string(monitor.OrderEnded), "Last ended first"},
	{string(monitor.OrderID), "By id"},
}

// input is a field of the form that starts a job.
type input struct {
	Name, Label, Hint string
	Number            bool
}

// page is the data of a template.
type page struct {
	Title   string
	Styles  []string
	Classic []string // scripts that are no modules
	Modules []string // modules that Script imports, to load them early
	Script  string   // "": the page is not live
	States  []string
	Orders  []option
	Plots   []plot
}

// Assets that the pages load. A worker loads its own modules.
var (
	liveModules = []string{"live.js", "feed.js", "union.js", "text.js", "field.js", "element.js", "call.js"}
	listModules = append([]string{"counts.js", "start.js"}, liveModules...)
	jobModules  = append([]string{
		"plots.js", "plot.js", "series.js", "happenings.js", "report.js", "whatif.js", "curve.js", "stop.js",
	}, liveModules...)
)

// Pages returns the pages by name, from the folder of package ui. In the paths of assets
// VERSION stands for their version. The error names an asset that is missing.
func Pages(folder fs.FS) (map[string][]byte, error) {
	words := template.FuncMap{
		"asset":  func(name string) (string, error) { return assetPath(folder, name) },
		"input":  func(name, label, hint string, number bool) input { return input{name, label, hint, number} },
		"spoken": func(state string) string { return strings.ReplaceAll(state, "-", " ") },
	}
	all, err := template.New("").Funcs(words).ParseFS(folder, "templates/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string][]byte{}
	for name, data := range map[string]page{
		"list": {
			Title: "Jobs · kubejobs", Styles: []string{"base.css", "list.css"}, Modules: listModules, Script: "list.js",
			States: monitor.States(), Orders: orders,
		},
		"job": {
			Title: "kubejobs", Styles: []string{"base.css", "job.css", "uPlot.min.css"}, Classic: []string{"uPlot.iife.min.js"},
			Modules: jobModules, Script: "job.js", Plots: plots,
		},
		"message": {Title: "There is no such page · kubejobs", Styles: []string{"base.css"}},
	} {
		var text bytes.Buffer
		if err := all.ExecuteTemplate(&text, name, data); err != nil {
			return nil, err
		}
		pages[name] = text.Bytes()
	}
	return pages, nil
}

// folders are where assets are.
var folders = []string{"assets", "vendor/uplot"}

func assetPath(folder fs.FS, name string) (string, error) {
	if !slices.ContainsFunc(folders, func(in string) bool {
		_, err := fs.Stat(folder, path.Join(in, name))
		return err == nil
	}) {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return "/ui/assets/VERSION/" + name, nil
}

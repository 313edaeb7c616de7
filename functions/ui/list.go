package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kubejobs/shared/monitor"
)

// pageSize is the number of jobs on a page of the list.
const pageSize = 25

// option is an entry of a select.
type option struct {
	Value, Word string
	Selected    bool
}

// tally is the number of jobs in a state, and the link that selects them.
type tally struct {
	State, Word, Link string
	Jobs              int
	Selected          bool
}

// listPage is the data of the list.
type listPage struct {
	page
	Failure string
	Text    string
	Counts  []tally
	States  []option
	Orders  []option
	Rows    []*monitor.Status
	Pattern *monitor.Status // an empty row
	Origin  string          // of this server, as the caller calls it

	Filtered, Paged      bool
	Offset               int
	Range                string
	Previous, Next       int
	HasPrevious, HasNext bool
}

// orders are the orders that the page offers, in words.
var orders = []option{
	{Value: "", Word: "Most urgent first"},
	{Value: string(monitor.OrderDeadline), Word: "Earliest deadline first"},
	{Value: string(monitor.OrderProgress), Word: "Least progress first"},
	{Value: "-" + string(monitor.OrderProgress), Word: "Most progress first"},
	{Value: string(monitor.OrderEnded), Word: "Last ended first"},
	{Value: string(monitor.OrderID), Word: "By id"},
}

// list serves the list of jobs.
func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	asked := url.Values{"limit": {strconv.Itoa(pageSize)}}
	query := r.URL.Query()
	for _, name := range []string{"q", "state", "sort", "offset"} {
		if values := query[name]; len(values) > 0 {
			asked[name] = values
		}
	}
	data := p.newListPage(r, asked)
	status := http.StatusOK
	view, err := monitor.ParseView(asked)
	var overview monitor.Overview
	if err == nil {
		overview, err = p.Service.Overview(r.Context(), view)
	}
	if err != nil {
		status, data.Failure = p.explain(r, err)
		data.Failure = sentence(data.Failure)
	}
	data.show(view, overview)
	p.render(w, r, status, "list", data)
}

func (p *pages) newListPage(r *http.Request, asked url.Values) *listPage {
	data := &listPage{
		page: page{
			Title: "Jobs · kubejobs", Styles: []string{"base.css", "list.css"},
			Modules: listModules, Script: "list.js", Now: p.Now(),
		},
		Text: asked.Get("q"), Pattern: &monitor.Status{}, Origin: origin(r),
	}
	data.States = []option{{Value: "", Word: "all"}}
	for _, name := range monitor.States() {
		data.States = append(data.States, option{Value: name, Word: spoken(name)})
	}
	data.Orders = slices.Clone(orders)
	selectOption(data.States, asked.Get("state"))
	selectOption(data.Orders, asked.Get("sort"))
	return data
}

func selectOption(options []option, value string) {
	for i := range options {
		options[i].Selected = options[i].Value == value
	}
}

// show fills in what a view selected.
func (l *listPage) show(view monitor.View, overview monitor.Overview) {
	l.Rows = overview.Jobs
	l.Filtered = l.Text != "" || len(view.States) > 0
	l.Offset = view.Offset
	end := l.Offset + len(l.Rows)
	if len(l.Rows) > 0 {
		l.Range = fmt.Sprintf("%s to %s of %s", count(l.Offset+1), count(end), count(overview.Total))
		if overview.Truncated {
			l.Range += " or more"
		}
	}
	l.HasPrevious, l.Previous = l.Offset > 0, max(l.Offset-pageSize, 0)
	l.HasNext, l.Next = end < overview.Total, l.Offset+pageSize
	l.Paged = l.HasPrevious || l.HasNext
	all := 0
	for _, jobs := range overview.Counts {
		all += jobs
	}
	for _, s := range l.States {
		jobs, present := overview.Counts[s.Value]
		word := s.Word
		if s.Value == "" {
			jobs, present, word = all, true, "jobs"
		}
		if present {
			l.Counts = append(l.Counts, tally{s.Value, word, l.link(s.Value), jobs, s.Selected})
		}
	}
}

// link returns the address of the list with a state.
func (l *listPage) link(state string) string {
	query := url.Values{}
	if l.Text != "" {
		query.Set("q", l.Text)
	}
	if state != "" {
		query.Set("state", state)
	}
	if len(query) == 0 {
		return "/ui/"
	}
	return "/ui/?" + query.Encode()
}

// origin returns the scheme and the host that a request was sent to, to show it.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

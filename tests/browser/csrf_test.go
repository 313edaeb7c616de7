package browser_test

import (
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/shared/testkit/proctest"
)

// victim is a server with the living job "living".
type victim struct {
	*relay
	phase  func(id string) string // "" for an unknown job
	starts string                 // the body of a start that would be taken
}

// victims returns the program's own server, and the functions as Knative's framework serves
// them, without what the program's server has around them.
func victims(t *testing.T) map[string]victim {
	t.Helper()
	s := local(t)
	s.start(job{id: "living", waiting: 10})
	w := newScene(t)
	body := job{id: "forged", items: 10}
	return map[string]victim{
		"the program": {newRelay(t, s.url()), func(id string) string {
			return phaseIn(s.call(http.MethodGet, "/monitoring/"+id, ""))
		}, body.request(s.queue.Options().Addr)},
		"Knative": {newRelay(t, w.URL), func(id string) string {
			got := w.Call(http.MethodGet, "/monitoring/"+strings.Replace(id, "living", "running", 1), "")
			return phaseIn(got.Status, []byte(got.Body))
		}, body.request(w.Queue.Addr())},
	}
}

// phaseIn returns the phase in an answer, "" if it has none.
func phaseIn(_ int, text []byte) string {
	_, rest, _ := strings.Cut(string(text), `"phase":"`)
	phase, _, _ := strings.Cut(rest, `"`)
	return phase
}

// attacker is a page of another origin: its forms and scripts are what any page may have.
var attacker = template.Must(template.New("").Parse(`<!doctype html><title>x</title><link rel=icon href="data:,"><p>a page</p>
<iframe name=one></iframe><iframe name=two></iframe>
<form id=start method=post enctype=text/plain target=one action="{{.URL}}/monitoring/forged">
<input name="{{.Head}}" value="{{.Tail}}"></form>
<form id=stop method=post target=two action="{{.URL}}/monitoring/{{.Living}}/stop"></form>`))

// A page of another origin, on this machine or elsewhere, neither starts nor stops a job: by
// a form, by a request whose answer it may not read, or by one that it may not send.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	for name, v := range victims(t) {
		living := map[string]string{"the program": "living", "Knative": "running"}[name]
		for _, site := range []string{"127.0.0.1", "localhost"} { // the same site, another site
			t.Run(name+" from "+site, func(t *testing.T) { // in turn: they share the victim
				v.attack(t, site, living)
			})
		}
	}
}

func (v victim) attack(t *testing.T, site, living string) {
	t.Helper()
	head, tail, _ := strings.Cut(v.starts, `"plugin_info"`) // the = of the form is in a field that is ignored
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_ = attacker.Execute(w, map[string]string{"URL": v.url, "Living": living, "Head": head + `"x":"`, "Tail": `","plugin_info"` + tail})
	}))
	t.Cleanup(server.Close)
	p := open(t, strings.Replace(server.URL, "127.0.0.1", site, 1), "/")
	p.allow(v.url)
	p.expect(`status of 403|CORS|net::ERR_FAILED`)
	refused := func(what, script, path string) {
		t.Helper()
		before := len(v.answers(path))
		eval[any](p, "void ("+script+")")
		p.untilGo(what+" is answered", func() bool { return len(v.answers(path)) > before })
		for _, answer := range v.answers(path)[before:] {
			if answer.method != http.MethodOptions && answer.status != http.StatusForbidden {
				t.Errorf("%s: %s is answered %d, want 403", what, answer.method, answer.status)
			}
		}
	}
	refused("a form that starts", `document.querySelector('#start').submit()`, "/monitoring/forged")
	for _, mode := range []string{"no-cors", "cors"} {
		refused("a start by "+mode, fmt.Sprintf(`fetch(%q, {method: "POST", mode: %q, body: %s}).catch(() => {})`,
			v.url+"/monitoring/forged", mode, quote(v.starts)), "/monitoring/forged")
	}
	refused("a form at stop", `document.querySelector('#stop').submit()`, "/stop")
	refused("a stop by cors", fmt.Sprintf(`fetch(%q, {method: "PUT", mode: "cors"}).catch(() => {})`, v.url+"/monitoring/"+living+"/stop"), "/stop")
	if got := v.phase("forged"); got != "" {
		t.Errorf("a job was started: %s", got)
	}
	if got := v.phase("living"); got != "pending" && got != "running" {
		t.Errorf("the job was stopped: %q", got)
	}
}

// The start that the pages of other origins send is a good one: a program may send it.
func TestForgedStartIsGood(t *testing.T) {
	t.Parallel()
	s := local(t)
	status, text := s.call(http.MethodPost, "/monitoring/forged", job{id: "forged", items: 10}.request(s.queue.Options().Addr))
	if status != http.StatusAccepted {
		t.Errorf("%d %s, want 202", status, text)
	}
	proctest.Until(t, "it is started", func() bool { return s.status("forged").Phase.Living() })
}

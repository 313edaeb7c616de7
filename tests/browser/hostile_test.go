package browser_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/testkit/redistest"
)

// markup is a text that would run, or be seen as an element, if a page took it for HTML.
const markup = `"'><img src=/x.png onerror=window.hacked=1><b class=planted>&lt;</b>`

// harmless checks that a page has taken no text for markup.
func (p *tab) harmless() {
	p.tb.Helper()
	if eval[bool](p, `window.hacked !== undefined`) || p.count("main img, .planted") > 0 {
		p.tb.Error("a text became an element")
	}
	if asked := p.asked("/x.png"); len(asked) > 0 {
		p.tb.Errorf("the page asked for %v", asked)
	}
}

// Names of lists, and what a job's Redis says, are shown as they are.
func TestHostileQueue(t *testing.T) {
	t.Parallel()
	s := local(t, append(handTicked(t), "FAIL_AFTER=1h")...)
	h := redistest.StartHostile(t)
	body := fmt.Sprintf(`{"plugin":"kubejobs","plugin_info":{"expected_time":60,"redis_ip":"127.0.0.1","redis_port":%d,`+
		`"queue":{"pending":%s,"processing":%s,"results":%s}}}`, h.Address().Port, quote(markup), quote(markup+"2"), quote(markup+"3"))
	if status, text := s.call(http.MethodPost, "/monitoring/a", body); status != http.StatusAccepted {
		t.Fatalf("start: %d %s, want 202", status, text)
	}
	h.Attack(redistest.StepExec, redistest.Attack{Text: "-ERR " + markup + "\r\n"})
	s.tryTick("a")
	p := open(t, s.url(), "/")
	p.untilText(`tr[data-id="a"] .note`, "queue")
	p.harmless()
	p.visit("/ui/jobs/a")
	p.untilText(`[data-field="queue"]`, markup+"2")
	p.untilText("#problems", "queue")
	p.harmless()
}

// What a caller types comes back in the answer, as a text.
func TestHostileField(t *testing.T) {
	t.Parallel()
	s := local(t)
	p := open(t, s.url(), "/")
	p.expect(`status of 40\d`)
	p.click("#open-start")
	p.write("#start [name=id]", "<b class=planted>")
	p.write("#start [name=expected_time]", markup[:40])
	p.click("#start [type=submit]")
	p.untilText("#start-id-wrong", "planted")
	p.untilText("#start-expected_time-wrong", "img src")
	p.harmless()
	p.visit("/ui/?q=" + url.QueryEscape(markup[:30]) + "&sort=" + url.QueryEscape(markup))
	p.untilShown("#empty")
	p.harmless()
}

// Whatever text a status holds is shown as a text: a server stands between that adds markup
// to each of them, in the answers and on the stream.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	hostile := httptest.NewServer(poisoner(t, s))
	t.Cleanup(hostile.Close)
	t.Cleanup(hostile.CloseClientConnections)
	shown := map[string][]string{
		"running": {`[data-field="control"]`, "#events", "#publishers"}, "unobserved": {"#problems", "#publishers"},
		"failed": {"#report", "#events", "#publishers"}, "finished": {"#report", "#publishers"},
	}
	p := open(t, hostile.URL, "/")
	p.untilText(`tr[data-id="unobserved"] .note`, markup)
	p.harmless()
	for id, selectors := range shown {
		p.visit("/ui/jobs/" + id)
		for _, selector := range selectors {
			p.untilText(selector, markup)
		}
		p.untilLive()
		p.harmless()
	}
}

// poisoner serves the pages of a scene as they are, and its answers poisoned. Its streams
// have one message of each job and one of the list.
func poisoner(t *testing.T, s *scene) http.Handler {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/ui/", httputil.NewSingleHostReverseProxy(target))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ui/", http.StatusSeeOther) })
	// The page may ask while the test ends, when its context is over. That fails nothing.
	answer := func(path string) []byte {
		response, err := http.Get(s.URL + path)
		if err != nil {
			return nil
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			return nil
		}
		return poisoned(t, text)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer(r.URL.RequestURI()))
	})
	mux.HandleFunc("/overview/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, view := range r.URL.Query()["view"] {
			text := strings.Replace(string(answer("/overview?"+view)), "{", `{"view":`+quote(view)+",", 1)
			fmt.Fprintf(w, "event: overview\ndata: %s\n\n", text)
		}
		for _, name := range r.URL.Query()["job"] {
			id, _, _ := strings.Cut(name, "@")
			fmt.Fprintf(w, "event: job\ndata: %s\n\n", answer("/monitoring/"+id))
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	return mux
}

// poisoned returns a JSON text with markup in each text but ids, states and times. A status
// gets a publisher too.
func poisoned(t *testing.T, text []byte) []byte {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Errorf("%v in %.200s", err, text)
		return text
	}
	result, err := json.Marshal(poison("", value))
	if err != nil {
		t.Error(err)
	}
	return result
}

func poison(name string, value any) any {
	switch v := value.(type) {
	case string:
		_, err := time.Parse(time.RFC3339, v)
		if err == nil || name == "id" || name == "state" || name == "view" {
			return v
		}
		return v + markup
	case []any:
		for i := range v {
			v[i] = poison(name, v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = poison(key, v[key])
		}
		if _, status := v["publishers"]; status || v["number_of_jobs"] != nil {
			v["publishers"] = map[string]any{markup: map[string]any{"failing": true, "last_error": markup, "at": 1}}
		}
	}
	return value
}

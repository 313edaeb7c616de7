package secrets_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kubejobs/shared/testkit/proctest"
)

// A whole life, at debug, with failures of each peer, which repeat what they got: no log,
// key of a Redis, metric, event, span, status, report or error shows a secret.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	w := open(t)
	fill := func(items ...any) {
		client := w.queue.Client()
		client.Del(t.Context(), "job")
		if len(items) > 0 {
			client.RPush(t.Context(), "job", items...)
		}
	}
	fill("a", "b", "c")
	database := func(secret string) string {
		port := w.influx.URL[strings.LastIndex(w.influx.URL, ":")+1:]
		return fmt.Sprintf(`,"enable_visualizer":true,"database_data":{"url":"127.0.0.1","port":%s,"name":"x","secret":%q}`, port, secret)
	}
	jobs := map[string]string{
		"good":  `"redis_secret":"redis-good","control":{"actuator":"redis"}` + database("influx-login"),
		"plain": `"redis_secret":"redis-good"` + database("influx-token"), "own": `"redis_secret":"redis-good"`,
		"wrong": `"redis_secret":"redis-wrong"`, "missing": `"redis_secret":"redis-none"`, "unsecured": `"redis_ip":"127.0.0.1"`,
	}
	for id, members := range jobs {
		w.expect(id, w.queue.Port(), members, http.StatusAccepted)
	}
	w.expect("echo", w.echo, `"redis_secret":"redis-echo"`, http.StatusAccepted)
	w.wrongRequests()
	w.round()
	for _, p := range []*peer{w.influx, w.sink, w.collector} {
		p.failing.Store(true)
	}
	w.round()
	w.queue.Stop()
	w.round()
	w.queue.Restart()
	w.state.Pause()
	_, _ = w.tick("good")
	_, _ = w.call(http.MethodGet, "/monitoring/good", "")
	w.state.Resume()
	for _, p := range []*peer{w.influx, w.sink, w.collector} {
		p.failing.Store(false)
	}
	w.queue.Client().Del(t.Context(), "job")
	for _, id := range []string{"good", "plain", "own"} {
		proctest.Until(t, id+" has ended", func() bool {
			_, _ = w.tick(id)
			_, text := w.call(http.MethodGet, "/monitoring/"+id, "")
			return strings.Contains(text, `"phase":"finished"`)
		})
	}
	w.round()
	w.read()
	w.check()
}

// expect starts a job and expects a status.
func (w *world) expect(id string, port int, members string, want int) {
	w.t.Helper()
	if status, text := w.start(id, port, members); status != want {
		w.t.Errorf("start %s: %d %s, want %d", id, status, text, want)
	}
}

// wrongRequests starts jobs with credentials where none belong.
func (w *world) wrongRequests() {
	w.t.Helper()
	quote := func(place string) string {
		text, _ := json.Marshal(w.plants[place])
		return string(text)
	}
	host := strings.Trim(quote("host of a request"), `"`)
	w.expect("request", w.queue.Port(), fmt.Sprintf(
		`"redis_secret":"redis-good","redis_password":%s,"token":[%[1]s],"env":[{"name":"X","value":%[1]s}],"dsn":"redis://u:%s@h",`+
			`"queue":{"password":%[1]s},"enable_visualizer":true,"database_data":{"url":"127.0.0.1","name":"x","user":"u","password":%[1]s}`,
		quote("request"), host), http.StatusAccepted)
	for _, members := range []string{
		`"redis_secret":` + quote("name of a Secret") + `,"x":1`,
		`"redis_secret":"` + w.plants["name of a Secret"] + `_"`,
		`"redis_secret":{"password":` + quote("request") + `}`,
		`"redis_ip":"redis://u:` + host + `@h"`, `"redis_ip":"u:` + host + `@h"`,
		`"enable_visualizer":true,"database_data":{"url":"http://u:` + host + `@h","name":"x"}`,
		`"enable_visualizer":true,"database_data":{"url":"a","name":"x","secret":` + quote("request") + `}`,
	} {
		if strings.HasSuffix(members, `,"x":1`) {
			continue // a password that is a DNS name is taken for one
		}
		w.expect("refused", w.queue.Port(), members, http.StatusBadRequest)
	}
}

// round ticks every job, and reads what is shown of it.
func (w *world) round() {
	w.t.Helper()
	for _, id := range []string{"good", "plain", "own", "wrong", "missing", "unsecured", "echo", "request"} {
		if status, text := w.tick(id); status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable {
			w.t.Errorf("tick of %s: %d %s", id, status, text)
		}
		for _, path := range []string{"", "/report", "/report/detailed", "/samples", "/forecast"} {
			w.call(http.MethodGet, "/monitoring/"+id+path, "")
		}
	}
	w.read()
}

// read reads what is shown of all jobs.
func (w *world) read() {
	w.t.Helper()
	for _, path := range []string{"/monitoring", "/overview", "/metrics", "/"} {
		w.call(http.MethodGet, path, "")
	}
	w.call(http.MethodPost, "/sweep", "{}")
}

// check looks for secrets where none belong, and that they arrived where they do.
func (w *world) check() {
	w.t.Helper()
	influxHeads, influxBodies := w.influx.got()
	sinkHeads, sinkBodies := w.sink.got()
	proctest.Until(w.t, "the collector gets spans", func() bool {
		_, bodies := w.collector.got()
		return strings.Contains(bodies, "tick")
	})
	collectorHeads, collectorBodies := w.collector.got()
	for place, where := range map[string]string{
		"own InfluxDB": influxHeads, "InfluxDB of the job": influxHeads, "token": influxHeads, "path of the sink": sinkHeads,
		"query of the sink": sinkHeads, "header": collectorHeads, "Redis of the job": w.echoed(),
	} {
		if !strings.Contains(where, w.plants[place]) {
			w.t.Errorf("the secret of %s did not arrive", place)
		}
	}
	if err := w.Terminate(); err != nil {
		w.t.Errorf("exit: %v", err)
	}
	for where, text := range map[string]string{
		"the log": w.Output(), "an answer": w.answers.String(), "the state Redis": stored(w.t, w.state), "the job's Redis": stored(w.t, w.queue),
		"a sample": influxBodies, "an event": sinkBodies, "a span or a metric": collectorBodies,
	} {
		if len(text) < 500 || !strings.Contains(text, "good") {
			w.t.Errorf("%s says nothing of the jobs: %.300s", where, text)
		}
		w.plants.find(w.t, where, text)
	}
	w.told()
}

// told expects that the failures were told in plain words.
func (w *world) told() {
	w.t.Helper()
	for _, want := range []string{
		"wrong password", "the Secret redis-none does not exist: CREDENTIALS_DIR holds no folder of that name",
		"TLS is required: it needs a Secret with ca.crt or tls", "connection refused",
	} {
		if !strings.Contains(w.answers.String(), want) {
			w.t.Errorf("no answer says %q", want)
		}
	}
}

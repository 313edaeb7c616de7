package readme_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/tests/world"
)

// keyRow is a row of the tables of keys: names, type.
var keyRow = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\| (hash|list|zset|string) \\|")

// documentedKeys returns the types of the keys in shared/ARCHITECTURE.md, by patterns.
func documentedKeys(t *testing.T) map[*regexp.Regexp]string {
	t.Helper()
	found := map[*regexp.Regexp]string{}
	for _, row := range keyRow.FindAllStringSubmatch(read(t, "shared/ARCHITECTURE.md"), -1) {
		for _, name := range code.FindAllStringSubmatch(row[1], -1) {
			pattern := strings.NewReplacer("ID", "demo", "HASH", "[0-9a-f]{32}", "SECONDS", "[0-9]+").Replace(regexp.QuoteMeta(name[1]))
			found[regexp.MustCompile("^"+pattern+"$")] = row[2]
		}
	}
	return found
}

// TestKeys compares the tables of keys with those that a life of a job leaves in both
// Redises.
func TestKeys(t *testing.T) {
	t.Parallel()
	documented, seen := documentedKeys(t), map[*regexp.Regexp]bool{}
	compare := func(client *redis.Client, own ...string) {
		names, err := client.Keys(t.Context(), "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			known := false
			for pattern, want := range documented {
				if !pattern.MatchString(name) {
					continue
				}
				known, seen[pattern] = true, true
				if is := client.Type(t.Context(), name).Val(); is != want {
					t.Errorf("%s is a %s, and a %s in the table", name, is, want)
				}
			}
			if !known && !strings.Contains(" "+strings.Join(own, " ")+" ", " "+name+" ") {
				t.Errorf("the key %s is in no table", name)
			}
		}
	}
	w := world.Open(t, map[string]string{"JOB_STATUS": "events"}, world.Options{})
	both := func() {
		compare(w.State.Client())
		compare(w.Jobs, "job", "job:processing", "job:results")
	}
	w.Fill(6, 0, 0)
	w.Start("demo", `"expected_time":60,"control":{"actuator":"redis"}`)
	for i := range 5 {
		w.Pass(2 * time.Second)
		w.Fill(5-i, 1, i)
		w.Tick("demo")
	}
	w.Call(http.MethodPost, "/jobs", `{"metadata":{"name":"demo","namespace":"default","resourceVersion":"7"}}`,
		"Content-Type", "application/json", "Ce-Id", "1", "Ce-Specversion", "1.0", "Ce-Source", "https://10.0.0.1:443",
		"Ce-Type", "dev.knative.apiserver.resource.update")
	both()
	w.Call(http.MethodPut, "/monitoring/demo/stop", "")
	both()
	m := world.Open(t, map[string]string{"SCHEDULER": "metronome", "TICK_SINK": ""}, world.Options{})
	m.Fill(6, 0, 0)
	m.Start("demo", `"expected_time":60`)
	m.Call(http.MethodPost, "/metronome", "{}", "Content-Type", "application/json", "Ce-Id", "1", "Ce-Specversion", "1.0",
		"Ce-Source", "/apis/v1/namespaces/kubejobs/pingsources/metronome", "Ce-Time", m.Now().Format(time.RFC3339Nano), "Ce-Type", "dev.knative.sources.ping")
	m.Call(http.MethodPost, "/ticks", "{}", "Content-Type", "application/json", "Kubejobs-Signature", strings.Repeat("0", 64))
	compare(m.State.Client())
	onlyOfSweeps := regexp.MustCompile(`:suspect\$$|^\^monitor:scan:`)
	for pattern := range documented {
		if !seen[pattern] && !onlyOfSweeps.MatchString(pattern.String()) {
			t.Errorf("the table has %s, which is nowhere", pattern)
		}
	}
}

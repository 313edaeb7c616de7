package secrets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/certtest"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// world is the program, with its peers and the secrets for them.
type world struct {
	*proctest.Process
	t         *testing.T
	plants    plants
	authority *certtest.Authority
	dir       string // CREDENTIALS_DIR

	state, queue            *redistest.Server // with TLS and client certificates
	influx, sink, collector *peer
	echo                    int // port
	echoed                  func() string
	answers                 strings.Builder
}

// hashed returns a password for the settings of a Redis.
func hashed(password string) string {
	sum := sha256.Sum256([]byte(password))
	return "#" + hex.EncodeToString(sum[:])
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, plants: newPlants(), authority: certtest.NewAuthority(t), dir: t.TempDir()}
	secured := func(line string) *redistest.Server {
		return redistest.StartSecured(t, redistest.Security{
			Users: []string{line}, Authority: w.authority, Pair: w.authority.Server("localhost", "127.0.0.1"), Certified: true,
		})
	}
	stateUser := strings.Fields(strings.TrimPrefix(redistest.StateUser(t), "user "))
	stateUser[2] = hashed(w.plants["state Redis"]) // in place of >password
	w.state = secured(strings.Join(stateUser, " "))
	w.queue = secured(user + " on " + hashed(w.plants["Redis of the job"]) + " ~* +@all")
	w.influx, w.sink, w.collector = startPeer(t), startPeer(t), startPeer(t)
	w.echo, w.echoed = startEcho(t)
	w.writeSecrets()
	w.run()
	return w
}

// writeSecrets writes the Secrets that jobs name.
func (w *world) writeSecrets() {
	client := w.authority.Client(user)
	w.plants.addKey("key of the job's Redis", client)
	login := map[string]string{"username": user, "password": w.plants["Redis of the job"]}
	w.secret("redis-good", login, w.authority, client)
	w.secret("redis-wrong", map[string]string{"username": user, "password": w.plants["wrong password"]}, w.authority, client)
	w.secret("redis-echo", login, nil, certtest.Pair{})
	w.secret("influx-login", map[string]string{"username": user, "password": w.plants["InfluxDB of the job"]}, nil, certtest.Pair{})
	w.secret("influx-token", map[string]string{"token": w.plants["token"]}, nil, certtest.Pair{})
}

// secret writes a Secret, with TLS if it has an authority.
func (w *world) secret(name string, values map[string]string, a *certtest.Authority, pair certtest.Pair) {
	w.t.Helper()
	dir := filepath.Join(w.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	for key, value := range values {
		if err := os.WriteFile(filepath.Join(dir, key), []byte(value+"\n"), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	if a != nil {
		a.Write(dir, pair)
	}
}

// run starts the program. It discards the ticks of the local scheduler.
func (w *world) run() {
	w.t.Helper()
	ticks := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w.t.Cleanup(ticks.Close)
	client := w.authority.Client("state")
	w.plants.addKey("key of the state Redis", client)
	files := w.authority.Write(w.t.TempDir(), client)
	state := url.URL{Scheme: "rediss", Host: "localhost:" + strconv.Itoa(w.state.Port()), User: url.UserPassword("kubejobs", w.plants["state Redis"])}
	sink := w.sink.URL + "/hook/" + w.plants["path of the sink"] + "?key=" + w.plants["query of the sink"]
	w.Process = proctest.Start(w.t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			cmd := exec.Command(program, "serve")
			cmd.Env = []string{
				"LISTEN_ADDRESS=" + addr, "TICK_SINK=" + ticks.URL, "TICK_SPACING=0", "LOG_LEVEL=debug", "ALLOWED_HOSTS=127.0.0.1/32,localhost",
				"RETRIES=4", "FAIL_AFTER=0s", "METRICS=true", "CREDENTIALS_DIR=" + w.dir,
				"STATE_REDIS_URL=" + state.String(), "STATE_REDIS_CA=" + files.CA, "STATE_REDIS_CERT=" + files.Certificate, "STATE_REDIS_KEY=" + files.PrivateKey,
				"INFLUX_URL=" + w.influx.URL, "INFLUX_USER=" + user, "INFLUX_PASSWORD=" + w.plants["own InfluxDB"],
				"EVENTS_SINK=" + sink,
				"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.collector.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
				`OTEL_EXPORTER_OTLP_HEADERS=authorization="Bearer ` + w.plants["header"] + "," + w.plants["second header"] + `"`,
				"OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_METRIC_EXPORT_INTERVAL=200",
			}
			return cmd
		},
		Answers: proctest.OK("/health/readiness"),
	})
}

// call makes a request, and keeps the answer.
func (w *world) call(method, path, body string, header ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.Addr()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprintf(&w.answers, "%s %s: %d %v %s\n", method, strings.SplitN(path, "?", 2)[0], response.StatusCode, response.Header, text)
	return response.StatusCode, string(text)
}

// start starts a job with a Redis and other members of plugin_info.
func (w *world) start(id string, port int, members string) (int, string) {
	w.t.Helper()
	return w.call(http.MethodPost, "/monitoring/"+id, fmt.Sprintf(
		`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":600,"number_of_jobs":6,"redis_ip":"127.0.0.1","redis_port":%d,%s}}`, port, members))
}

// tick sends a tick of a job and returns its outcome.
func (w *world) tick(id string) (int, string) {
	w.t.Helper()
	return w.call(http.MethodPost, "/", fmt.Sprintf(`{"app_id":%q}`, id), "Content-Type", "application/json",
		"Ce-Id", uuid.NewString(), "Ce-Source", "/apis/v1/namespaces/default/pingsources/"+id, "Ce-Specversion", "1.0",
		"Ce-Time", time.Now().Format(time.RFC3339Nano), "Ce-Type", monitor.TickEventType)
}

// stored returns everything that a Redis holds, as text.
func stored(t *testing.T, server *redistest.Server) string {
	t.Helper()
	client := server.Client()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, key := range keys {
		fmt.Fprintln(&all, key, contents(t, client, key))
	}
	return all.String()
}

func contents(t *testing.T, client *redis.Client, key string) any {
	t.Helper()
	ctx := t.Context()
	switch kind := client.Type(ctx, key).Val(); kind {
	case "string":
		return client.Get(ctx, key).Val()
	case "hash":
		return client.HGetAll(ctx, key).Val()
	case "list":
		return client.LRange(ctx, key, 0, -1).Val()
	case "zset":
		return client.ZRangeWithScores(ctx, key, 0, -1).Val()
	case "set":
		return client.SMembers(ctx, key).Val()
	default:
		t.Errorf("the key %s has the type %s", key, kind)
		return nil
	}
}

package observability_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kubejobs/shared/redistest"
)

// influxdb is an InfluxDB 1.x that ends with its test.
type influxdb struct{ url string }

// runInfluxDB starts an InfluxDB on free ports.
func runInfluxDB(t *testing.T) influxdb {
	t.Helper()
	path, err := exec.LookPath("influxd")
	if err != nil {
		t.Fatal("influxd is not installed: run `make test`, which installs it")
	}
	dir := t.TempDir()
	for range 5 { // somebody may take a port before the server does
		addr := fmt.Sprintf("127.0.0.1:%d", redistest.FreePort(t))
		var logs bytes.Buffer
		cmd := exec.Command(path)
		cmd.Stdout, cmd.Stderr = &logs, &logs
		cmd.Env = []string{
			"HOME=" + dir, "INFLUXDB_REPORTING_DISABLED=true", "INFLUXDB_HTTP_BIND_ADDRESS=" + addr,
			fmt.Sprintf("INFLUXDB_BIND_ADDRESS=127.0.0.1:%d", redistest.FreePort(t)),
			"INFLUXDB_META_DIR=" + filepath.Join(dir, "meta"), "INFLUXDB_DATA_DIR=" + filepath.Join(dir, "data"),
			"INFLUXDB_DATA_WAL_DIR=" + filepath.Join(dir, "wal"),
		}
		if err := cmd.Start(); err != nil {
			t.Fatalf("start influxd: %v", err)
		}
		ended := watch(t, cmd, &logs)
		if answers(t, "http://"+addr+"/ping", http.StatusNoContent, ended) {
			return influxdb{"http://" + addr}
		}
	}
	t.Fatal("influxd does not start")
	return influxdb{}
}

// write takes points in line protocol.
func (db influxdb) write(t *testing.T, database string, points ...string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		db.url+"/write?precision=ms&db="+url.QueryEscape(database), strings.NewReader(strings.Join(points, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("write points: %d %s", response.StatusCode, text)
	}
}

// series is a series of an answer of InfluxDB.
type series struct {
	Name   string
	Tags   map[string]string
	Values [][]any
}

// query runs InfluxQL; times are Unix milliseconds.
func (db influxdb) query(t *testing.T, database, query string) ([]series, error) {
	t.Helper()
	response, err := http.PostForm(db.url+"/query?epoch=ms&db="+url.QueryEscape(database), url.Values{"q": {query}})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct {
		Error   string
		Results []struct {
			Error  string
			Series []series
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("decode the answer to %s: %w", query, err)
	}
	if answer.Error != "" || len(answer.Results) != 1 {
		return nil, fmt.Errorf("%s: %d results, %s", query, len(answer.Results), answer.Error)
	}
	if wrong := answer.Results[0].Error; wrong != "" {
		return nil, errors.New(wrong)
	}
	return answer.Results[0].Series, nil
}

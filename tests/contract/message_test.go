package contract_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The folders of captured bytes.
const (
	asperathosFolder = "../testdata/asperathos"
	funcFolder       = "../testdata/func"
	knativeFolder    = "../testdata/knative"
)

// capturedQueue is the address of the jobs' Redis in the captures.
const capturedQueue = `"redis_ip": "127.0.0.1", "redis_port": 26379`

var capturedHost = regexp.MustCompile(`(?m)^Host: 127\.0\.0\.1:\d+\r$`)

// load returns the bytes of a captured file.
func load(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// names returns the names of the files in a folder that have a suffix, without it.
func names(t *testing.T, folder, suffix string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range paths {
		found = append(found, strings.TrimSuffix(filepath.Base(path), suffix))
	}
	if len(found) == 0 {
		t.Fatalf("no *%s in %s", suffix, folder)
	}
	return found
}

// address addresses a captured request to this world: it replaces the Host and the
// address of the jobs' Redis. All other bytes stay.
func (w *world) address(request []byte) []byte {
	request = capturedHost.ReplaceAll(request, []byte("Host: "+w.addr+"\r"))
	head, body, _ := bytes.Cut(request, []byte("\r\n\r\n"))
	own := fmt.Sprintf(`"redis_ip": "127.0.0.1", "redis_port": %d`, w.port)
	return join(head, bytes.Replace(body, []byte(capturedQueue), []byte(own), 1))
}

// join returns a request whose Content-Length, if it has one, is that of body.
func join(head, body []byte) []byte {
	head = setHeader(head, "Content-Length", strconv.Itoa(len(body)))
	return bytes.Join([][]byte{head, body}, []byte("\r\n\r\n"))
}

// setHeader changes a header that exists.
func setHeader(head []byte, name, value string) []byte {
	line := regexp.MustCompile(`(?mi)^(` + name + `): [^\r]*`)
	return line.ReplaceAll(head, []byte("$1: "+value))
}

// invoked returns the request in a capture of the func CLI. It follows a line that
// says how many bytes it has.
func invoked(t *testing.T, name string) []byte {
	t.Helper()
	text := load(t, funcFolder, name+".txt")
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	var length int
	if _, err := fmt.Sscanf(string(line), "===== request (%d bytes)", &length); err != nil || length > len(rest) {
		t.Fatalf("%s.txt begins with %q, want the number of bytes of the request", name, line)
	}
	return rest[:length]
}

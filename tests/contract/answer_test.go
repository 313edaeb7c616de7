package contract_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// patience bounds each exchange, in case the server hangs.
const patience = 30 * time.Second

// answer is the response to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
	rest   []byte // what follows the answer: should be empty
}

// exchange sends the bytes of a request on a new connection and returns the answer.
func (w *world) exchange(t *testing.T, request []byte) answer {
	t.Helper()
	got, err := w.converse(request, false)
	if err != nil {
		t.Fatalf("no answer: %v\nto\n%s", err, request)
	}
	if len(got.rest) > 0 {
		t.Errorf("got %d bytes after the answer, want none: %q", len(got.rest), got.rest)
	}
	return got
}

// call is like exchange, for a method, a target and a JSON body.
func (w *world) call(t *testing.T, method, target, body string) answer {
	t.Helper()
	return w.exchange(t, compose(method, target, body))
}

// converse sends a request and reads the answer. hangUp closes the sending side
// after the request: a server would wait for the rest of an incomplete one.
func (w *world) converse(request []byte, hangUp bool) (answer, error) {
	conn, err := net.DialTimeout("tcp", w.addr, patience)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return answer{}, err
	}
	half := conn.(*net.TCPConn)
	go func() { // the server may answer before it has read everything
		_, err := conn.Write(request)
		if err == nil && hangUp {
			_ = half.CloseWrite() // the server may be gone
		}
	}()
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	defer response.Body.Close()
	got := answer{status: response.StatusCode, header: response.Header}
	if got.body, err = io.ReadAll(response.Body); err != nil {
		return answer{}, fmt.Errorf("read body of answer: %w", err)
	}
	_ = half.CloseWrite()            // the server may have closed
	got.rest, _ = io.ReadAll(reader) // a reset means that nothing follows
	return got, nil
}

// compose returns a request in the form that Python's requests writes.
func compose(method, target, body string) []byte {
	return fmt.Appendf(nil,
		"%s %s HTTP/1.1\r\nHost: kubejobs\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, target, len(body), body)
}

// decode decodes a JSON body; an empty one is nil.
func (a answer) decode() (any, error) {
	if len(a.body) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("body is not JSON: %w: %.200q", err, a.body)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("body continues after its JSON: %.200q", a.body)
	}
	return value, nil
}

// object is like decode, for a body that must be an object.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	value, err := a.decode()
	if err != nil {
		t.Fatal(err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("got body %.200q, want a JSON object", a.body)
	}
	return object
}

// checkRefusal returns an error unless the answer is a refusal with this status, in
// the form of the contract.
func (a answer) checkRefusal(status int) error {
	if a.status != status {
		return fmt.Errorf("got status %d, want %d; body %.200q", a.status, status, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		return fmt.Errorf("got Content-Type %q, want application/json; body %.200q", got, a.body)
	}
	var failure struct {
		Code    int    `json:"error_code"`
		Message string `json:"error_message"`
		Name    string `json:"error_name"`
	}
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&failure); err != nil {
		return fmt.Errorf("body is not in the form of an error: %w: %.200q", err, a.body)
	}
	if failure.Code != status || failure.Message == "" || failure.Name == "" {
		return fmt.Errorf("got error %+v, want code %d, a message and a name", failure, status)
	}
	return nil
}

package world

import (
	"io"
	"net/http"
	"strings"
)

// Answer is the response to a call.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Call makes a request. header holds names and values alternately.
func (w *World) Call(method, path, body string, header ...string) Answer {
	w.tb.Helper()
	r, err := http.NewRequestWithContext(w.tb.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.tb.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.tb.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.tb.Fatalf("%s %s: %v", method, path, err)
	}
	return Answer{response.StatusCode, response.Header, string(text)}
}

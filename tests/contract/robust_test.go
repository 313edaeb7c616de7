package contract_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// seedVariable is the environment variable that repeats a run of TestMutations.
const seedVariable = "MUTATION_SEED"

// mutants is the number of requests.
const mutants = 1000

// TestMutations sends damaged captured requests: no answer is a 5xx, errors are JSON,
// and the server continues to serve. If a request is not HTTP, net/http itself answers
// it, in its own form.
func TestMutations(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if text, ok := os.LookupEnv(seedVariable); ok {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	w := newWorld(t, nil)
	j := job{id: "kj-abc1234", items: 6, budget: time.Minute, submitted: noon} // the captured ticks' job
	w.start(t, j, moment{waiting: 3, inFlight: 3})
	corpus := w.corpus(t)
	statuses := map[int]int{}
	for i := range mutants {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		m := pick(r, mutations)
		request := m.apply(r, slices.Clone(pick(r, corpus)))
		status, err := w.sendDamaged(request)
		if err != nil {
			t.Errorf("%s=%d, mutant %d, %s: %v\nto %.2000q", seedVariable, seed, i, m.name, err, request)
		}
		statuses[status]++
	}
	for _, status := range []int{http.StatusAccepted, http.StatusNoContent, http.StatusBadRequest} {
		if statuses[status] == 0 {
			t.Errorf("%s=%d: no mutant was answered %d, want some: %v", seedVariable, seed, status, statuses)
		}
	}
	if got := w.call(t, http.MethodGet, "/health/readiness", ""); got.status != http.StatusOK {
		t.Errorf("readiness afterwards: got status %d, want 200; body %s", got.status, got.body)
	}
	after := job{id: "after", items: 6, budget: time.Minute, submitted: noon}
	timeline := []moment{{2 * time.Second, 3, 3, 0}, {4 * time.Second, 0, 0, 6}}
	w.start(t, after, timeline[0])
	w.play(t, after, timeline)
	checkReports(t, w, after, timeline)
}

// corpus returns all captured requests.
func (w *world) corpus(t *testing.T) [][]byte {
	t.Helper()
	var requests [][]byte
	for _, name := range names(t, asperathosFolder, ".request") {
		requests = append(requests, w.address(load(t, asperathosFolder, name+".request")))
	}
	for _, name := range names(t, knativeFolder, ".http") {
		requests = append(requests, w.address(load(t, knativeFolder, name+".http")))
	}
	for _, name := range names(t, funcFolder, ".txt") {
		requests = append(requests, w.address(invoked(t, name)))
	}
	return requests
}

// sendDamaged sends a damaged request and checks the answer. The status is 0 if there
// is no answer.
func (w *world) sendDamaged(request []byte) (int, error) {
	complete := isComplete(request)
	got, err := w.converse(request, !complete)
	switch {
	case err != nil && !complete:
		return 0, nil // the server hung up, too
	case err != nil:
		return 0, err
	case got.header.Get(handled) == "":
		return got.status, checkNetHTTP(got)
	case got.status >= http.StatusInternalServerError:
		return got.status, fmt.Errorf("got status %d, want no 5xx; body %.200q", got.status, got.body)
	case got.status >= http.StatusBadRequest:
		return got.status, got.checkRefusal(got.status)
	}
	_, err = got.decode()
	return got.status, err
}

// checkNetHTTP returns an error unless the status of an answer of net/http itself is
// one for requests that are not HTTP or that it does not support.
func checkNetHTTP(a answer) error {
	switch a.status {
	case http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge, http.StatusExpectationFailed,
		http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return nil
	}
	return fmt.Errorf("got status %d from net/http, want 400, 417, 431, 501 or 505; body %.200q", a.status, a.body)
}

// isComplete reports whether a request is complete. A server waits for the rest of an
// incomplete one.
func isComplete(request []byte) bool {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil
}

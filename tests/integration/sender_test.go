package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kubejobs/shared/monitor"
)

// gaps are the delays between the attempts of PingSource's adapter.
var gaps = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond,
}

// retried are the statuses after which the adapter retries. It also retries if there is
// no answer.
var retried = []int{404, 413, 425, 429, 502, 503, 504}

// tick is one event. All its deliveries and retries have the same id.
type tick struct {
	id, job string
	sent    time.Time
}

func newTick(job string) tick { return tick{id: uuid.NewString(), job: job, sent: time.Now()} }

// deliver makes one attempt and returns the status and the outcome.
func (s *server) deliver(ctx context.Context, t tick) (int, monitor.Outcome, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr()+"/",
		strings.NewReader(fmt.Sprintf(`{"app_id":%q}`, t.job)))
	if err != nil {
		return 0, "", err
	}
	for name, value := range map[string]string{
		"Ce-Id": t.id, "Ce-Source": "/apis/v1/namespaces/default/pingsources/" + t.job, "Ce-Specversion": "1.0",
		"Ce-Time": t.sent.UTC().Format(time.RFC3339Nano), "Ce-Type": "dev.knative.sources.ping",
		"Content-Type": "application/json", "Kn-Namespace": "default",
	} {
		request.Header.Set(name, value)
	}
	status, header, text, err := s.doHeader(request)
	if err == nil && status == http.StatusOK && len(text) != 0 {
		err = fmt.Errorf("the answer to a tick has the body %.80q, want none", text)
	}
	return status, monitor.Outcome(header.Get("Kubejobs-Outcome")), err
}

// send delivers a tick as the adapter does, with up to six attempts, and starts again
// while repeat returns true. It calls seen with every status and reports whether the
// tick was acknowledged.
func (s *server) send(ctx context.Context, t tick, repeat func() bool, seen func(status int)) bool {
	for {
		for attempt := range len(gaps) + 1 {
			status, _, err := s.deliver(ctx, t)
			seen(status)
			if err == nil && !slices.Contains(retried, status) {
				return status == http.StatusOK
			}
			if attempt < len(gaps) {
				select {
				case <-time.After(gaps[attempt]):
				case <-ctx.Done():
					return false
				}
			}
		}
		if !repeat() {
			return false
		}
	}
}

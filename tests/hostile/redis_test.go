package hostile_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// maxPeak is the memory that the program may need, whatever its peers send.
const maxPeak = 64 << 20

// Jobs' Redises attack at each step of a start and of a tick. The program lives and
// needs little memory, what it tells of the attack is a phrase, and honest jobs lose no
// tick.
func TestHostileRedis(t *testing.T) {
	t.Parallel()
	s := serve(t)
	honest := s.startHonest(4)
	t.Logf("base %d MiB", s.peak()>>20)
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(24)
	count := 0
	for _, step := range []string{redistest.StepHello, redistest.StepMulti, redistest.StepLLen, redistest.StepExec, redistest.StepPush} {
		for name, attack := range attacks() {
			id := fmt.Sprintf("hostile-%d", count)
			count++
			h := redistest.StartHostile(t)
			h.Attack(step, attack)
			group.Go(func() error {
				if err := s.withstand(ctx, id, h, step); err != nil {
					t.Errorf("%s at %s: %v", name, step, err)
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	honest.check()
	if peak := s.peak(); peak > maxPeak {
		t.Errorf("the program needed %d MiB, want at most %d", peak>>20, maxPeak>>20)
	} else {
		t.Logf("%d attacks, %d MiB at most", count, peak>>20)
	}
	if strings.Contains(s.Output(), secret) {
		t.Error("the log repeats what a peer said")
	}
}

// withstand starts a job whose Redis attacks, without and with a number of items, and
// ticks it. Each must be answered.
func (s *server) withstand(ctx context.Context, id string, h *redistest.Hostile, step string) error {
	code, text, err := s.start(ctx, id+"-b", h.Address(), "")
	if err := judge("start without items", code, text, err); err != nil {
		return err
	}
	if code, text, err = s.start(ctx, id, h.Address(), `,"number_of_jobs":6`); err != nil || code != http.StatusAccepted {
		return fmt.Errorf("start: %d %s %w, want 202", code, text, err)
	}
	code, text, err = s.tick(ctx, id)
	if err := judge("tick", code, text, err); err != nil {
		return err
	}
	if h.Attacks() == 0 {
		return errors.New("there was no attack")
	}
	status, text, err := s.status(ctx, id)
	if err != nil {
		return err
	}
	if strings.Contains(text, secret) {
		return fmt.Errorf("the status repeats what the peer said: %s", text)
	}
	return told(status, step)
}

// judge returns an error unless an answer is that of a success, a refusal or a failure
// that may pass, without words of the peer.
func judge(what string, code int, text string, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case code != http.StatusOK && code != http.StatusAccepted && code != http.StatusBadRequest && code != http.StatusServiceUnavailable:
		return fmt.Errorf("%s: %d %s", what, code, text)
	case strings.Contains(text, secret):
		return fmt.Errorf("%s repeats what the peer said: %s", what, text)
	}
	return nil
}

// told returns an error unless what a status tells of failures is clean.
func told(status monitor.Status, step string) error {
	texts := []string{status.LastError, status.Reason}
	if u := status.Unobserved; u != nil && u.Queue != nil {
		texts = append(texts, u.Queue.Error)
	}
	for _, p := range status.Publishers {
		texts = append(texts, p.LastError)
	}
	for _, text := range texts {
		strange := strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) })
		if utf8.RuneCountInString(text) > failure.MaxText || strange {
			return fmt.Errorf("at %s the status tells %q", step, text)
		}
	}
	return nil
}

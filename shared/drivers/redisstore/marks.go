package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

const (
	// kubeStatusRetention is how long the status of a Kubernetes Job is kept after
	// its last change.
	kubeStatusRetention = 7 * 24 * time.Hour
	// suspicionRetention is how long a suspicion is kept: longer than the time
	// between two sweeps.
	suspicionRetention = 24 * time.Hour
)

// MarkScheduled implements monitor.MarkStore.
func (s *Store) MarkScheduled(ctx context.Context, id job.ID, life int64, scheduled bool) error {
	return s.changeField(ctx, id, life, fieldScheduled, "set", digit(scheduled))
}

// MarkPublishers implements monitor.MarkStore.
func (s *Store) MarkPublishers(ctx context.Context, id job.ID, life int64, states map[string]monitor.PublisherState) error {
	text, err := encode(states)
	if err != nil {
		return fmt.Errorf("encode publishers' state: %w", err)
	}
	return s.changeField(ctx, id, life, fieldPublishers, "set", string(text))
}

// Suspect implements monitor.MarkStore.
func (s *Store) Suspect(ctx context.Context, id job.ID, life int64, now, since time.Time) (time.Time, error) {
	var notBefore int64
	if !since.IsZero() {
		notBefore = since.UnixMilli()
	}
	stored, err := s.suspect.Run(ctx, s.client, []string{suspectKey(id)},
		life, now.UnixMilli(), notBefore, suspicionRetention.Milliseconds()).Int64()
	if err != nil {
		return time.Time{}, unavailable("store suspicion", err)
	}
	return time.UnixMilli(stored), nil
}

// SaveKubeStatus implements monitor.MarkStore.
func (s *Store) SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error {
	return s.saveKubeStatus(ctx, id, status, strconv.FormatUint(version, 10))
}

// ReplaceKubeStatus implements monitor.MarkStore.
func (s *Store) ReplaceKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus) error {
	return s.saveKubeStatus(ctx, id, status, "")
}

func (s *Store) saveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version string) error {
	text, err := encode(status)
	if err != nil {
		return fmt.Errorf("encode job status: %w", err)
	}
	err = s.kubeStatus.Run(ctx, s.client, []string{kubeStatusKey(id), stateKey(id)},
		text, version, kubeStatusRetention.Milliseconds(), monitor.KubeStatusTrust.Milliseconds()).Err()
	return unavailable("save job status", err)
}

// changeField sets a field of one life of a job to value, or adds value to it, as
// operation says ("set" or "add"). It does nothing if there is no such life.
func (s *Store) changeField(ctx context.Context, id job.ID, life int64, field, operation, value string) error {
	err := s.field.Run(ctx, s.client, []string{stateKey(id)}, life, field, operation, value).Err()
	return unavailable("change field "+field, err)
}

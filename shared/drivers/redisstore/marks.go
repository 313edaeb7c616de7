package redisstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// kubeStatusRetention is how long the status of a Kubernetes Job is kept after
// its last change.
const kubeStatusRetention = 7 * 24 * time.Hour

// MarkScheduled implements monitor.MarkStore.
func (s *Store) MarkScheduled(ctx context.Context, id job.ID, scheduled bool) error {
	return s.changeField(ctx, id, fieldScheduled, "set", digit(scheduled))
}

// MarkPublishers implements monitor.MarkStore.
func (s *Store) MarkPublishers(ctx context.Context, id job.ID, states map[string]monitor.PublisherState) error {
	text, err := json.Marshal(states)
	if err != nil {
		return fmt.Errorf("encode publishers' state: %w", err)
	}
	return s.changeField(ctx, id, fieldPublishers, "set", string(text))
}

// SaveKubeStatus implements monitor.MarkStore.
func (s *Store) SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error {
	text, err := json.Marshal(status)
	if err != nil {
		return fmt.Errorf("encode job status: %w", err)
	}
	err = s.kubeStatus.Run(ctx, s.client, []string{kubeStatusKey(id)},
		text, version, kubeStatusRetention.Milliseconds()).Err()
	return unavailable("save job status", err)
}

// changeField sets a field of a job's state to value, or adds value to it, as
// operation says ("set" or "add"). It does nothing if there is no such job.
func (s *Store) changeField(ctx context.Context, id job.ID, field, operation, value string) error {
	err := s.field.Run(ctx, s.client, []string{stateKey(id)}, field, operation, value).Err()
	return unavailable("change field "+field, err)
}

package redisstore_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"kubejobs/shared/core/job"
)

// keysOfQueue returns the keys of the lists of a queue.
func keysOfQueue(queue job.Queue) []string {
	short := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:16])
	}
	var keys []string
	for _, name := range queue.Lists.Names() {
		keys = append(keys, "monitor:queue:{"+short(queue.String())+"}:"+short(name))
	}
	return keys
}

func (m *model) UseQueue(_ context.Context, spec job.Spec, keep time.Duration) ([]job.ID, error) {
	for _, key := range keysOfQueue(spec.Queue) {
		if m.sets[key][string(spec.ID)] < spec.Life() {
			m.set(key)[string(spec.ID)] = spec.Life()
			m.expires[key] = keep > 0
		}
	}
	type user struct {
		id   job.ID
		life int64
	}
	var living []user
	for _, listKey := range keysOfQueue(spec.Queue) {
		for id, life := range maps.Clone(m.sets[listKey]) {
			state := m.hashes[key(job.ID(id), "state")]
			switch {
			case id == string(spec.ID):
			case state["living"] == "1" && state["life"] == text(life):
				living = append(living, user{job.ID(id), life})
			default:
				delete(m.sets[listKey], id)
			}
		}
	}
	slices.SortFunc(living, func(a, b user) int { return cmp.Or(cmp.Compare(a.life, b.life), cmp.Compare(a.id, b.id)) })
	var ids []job.ID
	for _, user := range slices.Compact(living) {
		ids = append(ids, user.id)
	}
	return ids, nil
}

func (m *model) LeaveQueue(_ context.Context, spec job.Spec) error {
	for _, key := range keysOfQueue(spec.Queue) {
		if life, used := m.sets[key][string(spec.ID)]; used && life == spec.Life() {
			delete(m.sets[key], string(spec.ID))
		}
	}
	return nil
}

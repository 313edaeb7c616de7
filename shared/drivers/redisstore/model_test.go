package redisstore_test

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
)

// model is a store in Go: what the scripts are meant to do, by key.
type model struct {
	monitor.Store // the operations that it lacks

	hashes  map[string]map[string]string
	lists   map[string][]string
	sets    map[string]map[string]int64
	expires map[string]bool

	revisions map[job.ID][]int64 // that step asked for, as the next store gets them
}

func newModel() *model {
	return &model{
		hashes: map[string]map[string]string{}, lists: map[string][]string{}, sets: map[string]map[string]int64{},
		expires: map[string]bool{}, revisions: map[job.ID][]int64{},
	}
}

// key returns the key of a part of a job.
func key(id job.ID, part string) string { return "monitor:{" + string(id) + "}:" + part }

// hash returns a hash, which it creates.
func (m *model) hash(key string) map[string]string {
	if m.hashes[key] == nil {
		m.hashes[key] = map[string]string{}
	}
	return m.hashes[key]
}

func (m *model) set(key string) map[string]int64 {
	if m.sets[key] == nil {
		m.sets[key] = map[string]int64{}
	}
	return m.sets[key]
}

func (m *model) remove(keys ...string) {
	for _, key := range keys {
		delete(m.hashes, key)
		delete(m.lists, key)
		delete(m.sets, key)
		delete(m.expires, key)
	}
}

func number(text string) int64 {
	value, _ := strconv.ParseInt(text, 10, 64)
	return value
}

func text(number int64) string { return strconv.FormatInt(number, 10) }

// revision returns that of a job, and keeps it for before.
func (m *model) revision(id job.ID) int64 {
	value := number(m.hashes[key(id, "state")]["rev"])
	m.revisions[id] = append(m.revisions[id], value)
	return value
}

// before returns what revision returned when the model ran the operation.
func (m *model) before(id job.ID) int64 {
	value := m.revisions[id][0]
	m.revisions[id] = m.revisions[id][1:]
	return value
}

func (m *model) settle() { clear(m.revisions) }

func (m *model) jump(id job.ID, to int64) {
	if m.hashes[key(id, "state")] != nil {
		m.hashes[key(id, "state")]["rev"] = text(to)
	}
	m.revision(id)
}

func (m *model) Create(_ context.Context, spec job.Spec, state job.State) (monitor.CreateResult, error) {
	m.set("monitor:index")[string(spec.ID)+"."] = 0
	old := m.hashes[key(spec.ID, "state")]
	switch {
	case old["living"] == "1" && old["fingerprint"] == spec.Fingerprint:
		return monitor.CreatedSame, nil
	case old["living"] == "1":
		return monitor.CreatedOther, nil
	case spec.Life() > 0 && number(old["life"]) >= spec.Life():
		return monitor.CreatedBefore, nil
	}
	m.remove(key(spec.ID, "state"), key(spec.ID, "ticks"), key(spec.ID, "order"), key(spec.ID, "history"), key(spec.ID, "journal"))
	m.hashes[key(spec.ID, "state")] = map[string]string{
		"living": "1", "fingerprint": spec.Fingerprint, "spec": encoded(spec), "state": encoded(state),
		"life": text(spec.Life()), "rev": text(number(old["rev"]) + 1),
	}
	return monitor.CreatedNew, nil
}

func (m *model) Commit(_ context.Context, c *monitor.Change) (monitor.CommitResult, error) {
	state := m.hashes[key(c.ID, "state")]
	if state == nil {
		return monitor.CommitGone, nil
	}
	ticks, order, samples := key(c.ID, "ticks"), key(c.ID, "order"), key(c.ID, "history")
	if _, known := m.hashes[ticks][c.TickID]; known && c.TickID != "" {
		return monitor.CommitDuplicate, nil
	}
	if number(state["rev"]) != c.Revision {
		return monitor.CommitConflict, nil
	}
	living := c.State.Phase.Living()
	state["state"], state["rev"], state["living"] = encoded(c.State), text(c.Revision+1), map[bool]string{true: "1", false: "0"}[living]
	if c.TickID != "" {
		m.hash(ticks)[c.TickID] = ""
		if c.Sample != nil {
			m.hash(ticks)[c.TickID] = c.Sample.String()
		}
		m.lists[order] = append(m.lists[order], c.TickID)
		if len(m.lists[order]) > redisstore.Remembered {
			delete(m.hashes[ticks], m.lists[order][0])
			m.lists[order] = m.lists[order][1:]
		}
	}
	if c.Step.Halve {
		var kept []string
		for i := 0; i < len(m.lists[samples]); i += 2 {
			kept = append(kept, m.lists[samples][i])
		}
		m.remove(samples)
		m.lists[samples] = kept
	}
	if c.Step.Keep {
		m.lists[samples] = append(m.lists[samples], c.Settled.String())
	}
	for _, entry := range c.Journal {
		m.lists[key(c.ID, "journal")] = append(m.lists[key(c.ID, "journal")], encoded(entry))
	}
	if entries := m.lists[key(c.ID, "journal")]; len(c.Journal) > 0 {
		m.lists[key(c.ID, "journal")] = entries[max(len(entries)-job.MaxJournal, 0):]
	}
	if !living {
		m.end(c)
		for _, part := range []string{"state", "ticks", "order", "history", "journal"} {
			k := key(c.ID, part)
			m.expires[k] = len(m.hashes[k]) > 0 || len(m.lists[k]) > 0
		}
		m.set("monitor:index")[string(c.ID)+"."] = 0
		if !c.State.Listed() {
			delete(m.sets["monitor:index"], string(c.ID)+".")
		}
	}
	return monitor.CommitDone, nil
}

// end lists a job that ended.
func (m *model) end(c *monitor.Change) {
	m.set("monitor:ended")[string(c.ID)] = c.State.EndedAt
	for id, at := range m.sets["monitor:ended"] {
		if at < c.State.EndedAt-c.Retention.Milliseconds() {
			delete(m.sets["monitor:ended"], id)
		}
	}
	m.expires["monitor:ended"] = true
}

// field changes a field of a life of a job.
func (m *model) field(id job.ID, life int64, name string, change func(string) string) error {
	if state := m.hashes[key(id, "state")]; state != nil && state["life"] == text(life) {
		state[name] = change(state[name])
	}
	return nil
}

func increment(old string) string { return text(number(old) + 1) }

func (m *model) CountDuplicate(_ context.Context, id job.ID, life int64) error {
	return m.field(id, life, "duplicate", increment)
}

func (m *model) CountSurplus(_ context.Context, id job.ID, life int64) error {
	return m.field(id, life, "surplus", increment)
}

func (m *model) MarkScheduled(_ context.Context, id job.ID, life int64, scheduled bool) error {
	return m.field(id, life, "scheduled", func(string) string { return map[bool]string{true: "1", false: "0"}[scheduled] })
}

func (m *model) MarkPublishers(_ context.Context, id job.ID, life int64, states map[string]monitor.PublisherState) error {
	return m.field(id, life, "publishers", func(string) string { return encoded(states) })
}

func (m *model) Suspect(_ context.Context, id job.ID, life int64, now, since time.Time) (time.Time, error) {
	of := m.hash(key(id, "suspect"))
	stored, known := of[text(life)]
	if !known || !since.IsZero() && number(stored) <= since.UnixMilli() {
		of[text(life)] = text(now.UnixMilli())
	}
	m.expires[key(id, "suspect")] = true
	return time.UnixMilli(number(of[text(life)])), nil
}

func (m *model) SaveKubeStatus(_ context.Context, id job.ID, status job.KubeStatus, version uint64) error {
	if m.takes(id, status, version) {
		m.storeKubeStatus(id, status, strconv.FormatUint(version, 10))
	}
	return nil
}

// takes reports whether a reported status is stored. It marks the job as doubted if
// the order of the two statuses says that one of them is late or wrong.
func (m *model) takes(id job.ID, status job.KubeStatus, version uint64) bool {
	text, stored := m.hashes[key(id, "job")]["status"]
	if !stored {
		return true
	}
	old := decoded(text)
	kept, asked := m.hashes[key(id, "job")]["version"], m.hashes[key(id, "job")]["version"] == ""
	before, _ := strconv.ParseUint(kept, 10, 64)
	named := old.UID != "" && status.UID != ""
	same := !named || old.UID == status.UID
	earlier := !asked && version < before
	if !same && old.Created != status.Created {
		earlier = status.Created < old.Created
	}
	if revived := asked && named && same && old.Final() && !status.Final(); !earlier && !revived {
		return true
	}
	if state := m.hashes[key(id, "state")]; state["rev"] != "" {
		state["doubted"] = "1"
	}
	switch {
	case old.Final():
		return false
	case status.Final():
		return named && same
	default:
		return status.Saved-old.Saved > monitor.KubeStatusTrust.Milliseconds()
	}
}

func (m *model) ReplaceKubeStatus(_ context.Context, id job.ID, status job.KubeStatus) error {
	if state := m.hashes[key(id, "state")]; state != nil {
		delete(state, "doubted")
	}
	if text, stored := m.hashes[key(id, "job")]["status"]; stored && decoded(text).Saved <= status.Saved {
		m.storeKubeStatus(id, status, "")
	}
	return nil
}

func (m *model) storeKubeStatus(id job.ID, status job.KubeStatus, version string) {
	of := m.hash(key(id, "job"))
	of["status"], of["version"] = encoded(status), version
	m.expires[key(id, "job")] = true
}

func decoded(text string) job.KubeStatus {
	var status job.KubeStatus
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		panic(err)
	}
	return status
}

func (m *model) Discard(_ context.Context, id job.ID) error {
	m.remove(key(id, "state"), key(id, "ticks"), key(id, "order"), key(id, "history"), key(id, "journal"), key(id, "job"), key(id, "suspect"))
	delete(m.sets["monitor:index"], string(id)+".")
	return nil
}

// contents returns everything that a Redis should hold.
func (m *model) contents() map[string]any {
	all := map[string]any{}
	for key, hash := range m.hashes {
		all[key] = hash
	}
	for key, list := range m.lists {
		all[key] = list
	}
	for key, set := range m.sets {
		members := map[string]string{}
		for member, score := range set {
			members[member] = text(score)
		}
		all[key] = members
	}
	maps.DeleteFunc(all, func(_ string, value any) bool {
		switch v := value.(type) {
		case map[string]string:
			return len(v) == 0
		case []string:
			return len(v) == 0
		}
		return false
	})
	for key, expires := range m.expires {
		if all[key] != nil && expires {
			all[key+" expires"] = true
		}
	}
	return all
}

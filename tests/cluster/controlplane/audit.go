package controlplane

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
)

// AuditEntry is a request to the API server.
type AuditEntry struct {
	Verb      string // "get", "create", …
	Resource  string // "jobs", "pingsources/status"; the path if it is about none
	Namespace string
	Name      string
	Code      int // of the answer
}

// auditEvent is what the API server logs when a request arrives, when a long answer
// starts, and when the request has been answered.
type auditEvent struct {
	AuditID    string `json:"auditID"`
	Stage      string `json:"stage"`
	RequestURI string `json:"requestURI"`
	Verb       string `json:"verb"`
	User       struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// Requests returns the requests of a user so far, in the order of their arrival. It
// includes every request whose caller has the answer.
func (c *ControlPlane) Requests(tb testing.TB, user string) []AuditEntry {
	tb.Helper()
	var entries []AuditEntry
	Await(tb, "every request is answered", func(context.Context) (err error) {
		entries, err = readAudit(c.file(auditLogFile), user)
		return err
	})
	return entries
}

// errUnanswered means that a request has arrived but has no status yet.
var errUnanswered = errors.New("request not yet answered")

// readAudit reads the requests of a user in the order of their arrival.
func readAudit(path, user string) ([]AuditEntry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	quoted, err := json.Marshal(user)
	if err != nil {
		return nil, err
	}
	var entries []AuditEntry
	position := make(map[string]int)
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // the last line may be incomplete
		}
		if !bytes.Contains(line, quoted) {
			continue
		}
		var event auditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, fatal{fmt.Errorf("audit log: %w", err)}
		}
		if event.User.Username != user {
			continue
		}
		i, known := position[event.AuditID]
		if !known {
			i = len(entries)
			position[event.AuditID] = i
			entries = append(entries, AuditEntry{})
		}
		entries[i] = event.entry() // the last event has the most fields
	}
	for _, entry := range entries {
		if entry.Code == 0 {
			return nil, fmt.Errorf("%w: %+v", errUnanswered, entry)
		}
	}
	return entries, nil
}

func (e *auditEvent) entry() AuditEntry {
	entry := AuditEntry{
		Verb: e.Verb, Resource: e.ObjectRef.Resource, Namespace: e.ObjectRef.Namespace, Name: e.ObjectRef.Name,
		Code: e.ResponseStatus.Code,
	}
	if e.ObjectRef.Subresource != "" {
		entry.Resource += "/" + e.ObjectRef.Subresource
	}
	if entry.Resource == "" {
		entry.Resource = e.RequestURI
	}
	return entry
}

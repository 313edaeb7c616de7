// Package caller says who makes a request and what that caller may do and see.
package caller

import (
	"slices"
	"strings"

	"kubejobs/shared/core/job"
)

// Role is what a caller may do.
type Role int

// Roles. Each may do what the ones before it may.
const (
	RoleNone Role = iota
	RoleRead
	RoleWrite
)

// ParseRole returns the role called read or write.
func ParseRole(text string) (Role, bool) {
	switch text {
	case "read":
		return RoleRead, true
	case "write":
		return RoleWrite, true
	default:
		return RoleNone, false
	}
}

func (r Role) String() string {
	switch r {
	case RoleRead:
		return "read"
	case RoleWrite:
		return "write"
	case RoleNone:
	}
	return "none"
}

// Caller is who makes a request.
type Caller struct {
	Name string // as logs show it
	Role Role
	// Prefixes are those of the ids of the jobs that the caller may see; none: all jobs.
	Prefixes []string
}

// Sees reports whether the caller may see a job.
func (c Caller) Sees(id job.ID) bool {
	return len(c.Prefixes) == 0 ||
		slices.ContainsFunc(c.Prefixes, func(prefix string) bool { return strings.HasPrefix(string(id), prefix) })
}

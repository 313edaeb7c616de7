// Package job defines what a monitored job is and how its state changes: what a
// tick makes of a state, how a job ends, which events a change causes, and the
// report.
//
// It is pure: it does no I/O, reads no clock and imports only the standard
// library and shared/core.
package job

// Package forecast estimates when a job will be done, with which probability it will be
// done in time, and how many replicas that takes.
package forecast

// Package ui serves the page: the list of jobs at /ui/ and, for browsers, at /, and a page
// for each job at /ui/jobs/{id}. Scripts fill the pages with the stream /overview/events and
// keep them up to date.
package ui

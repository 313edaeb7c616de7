// Package logging answers how the program logs: JSON lines by slog.
package logging

import (
	"io"
	"log/slog"
)

// New is a logger of JSON lines on w, from level on. A line that is logged within
// a span has trace_id and span_id.
func New(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

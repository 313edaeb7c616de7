// Package logging provides the logger of the program: JSON lines with slog.
package logging

import (
	"io"
	"log/slog"
)

// New returns a logger that writes JSON lines of at least level to w. A line that is
// logged within a span has trace_id and span_id.
func New(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

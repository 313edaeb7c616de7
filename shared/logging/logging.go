// Package logging answers how the program logs: JSON lines by slog.
package logging

import (
	"io"
	"log/slog"
)

// New is a logger of JSON lines on w, from level on.
func New(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

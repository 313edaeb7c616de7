// Package promtext serves metrics in Prometheus' text format.
//
// Prometheus' own client links protobuf's reflection, which would be a tenth of the
// program. The tests compare what this package serves with what that one serves.
package promtext

import (
	"bytes"
	"net/http"
	"strconv"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// ContentType is that of the text format, with names that need no quotes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"

// Handler answers with the metrics of a reader.
type Handler struct{ reader *sdkmetric.ManualReader }

// New returns a Handler, and the reader to give to the provider of its metrics.
func New() (*Handler, sdkmetric.Reader) {
	reader := sdkmetric.NewManualReader()
	return &Handler{reader}, reader
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var collected metricdata.ResourceMetrics
	if err := h.reader.Collect(r.Context(), &collected); err != nil {
		http.Error(w, "An error has occurred while serving metrics:\n\n"+err.Error(), http.StatusInternalServerError)
		return
	}
	var text bytes.Buffer
	for _, family := range familiesOf(collected.ScopeMetrics) {
		family.write(&text)
	}
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(text.Len()))
	_, _ = w.Write(text.Bytes()) // the scraper has gone
}

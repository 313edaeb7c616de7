package samples

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/elnormous/contenttype"

	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

// page is the answer.
type page = monitor.SamplePage

// Format is a format of samples.
type Format struct {
	suffix    string // of the path
	mediaType string
	write     func(http.ResponseWriter, page)
}

const (
	ndjsonType = "application/x-ndjson"
	csvType    = "text/csv"
)

// csvTime is the format of times in CSV: always with three digits of milliseconds,
// as many programs read a column by the format of its first line.
const csvTime = "2006-01-02T15:04:05.000Z07:00"

// The formats. JSON is the default without an Accept header.
var (
	JSON   = Format{"json", "application/json", writeJSON}
	NDJSON = Format{"ndjson", ndjsonType, writeNDJSON}
	CSV    = Format{"csv", csvType, writeCSV}

	formats = []Format{JSON, NDJSON, CSV}
)

// accepted returns the format that an Accept header prefers; false if it accepts
// none or cannot be read.
func accepted(accept []string) (Format, bool) {
	header := strings.TrimSpace(strings.Join(accept, ","))
	if header == "" {
		return JSON, true
	}
	available := make([]contenttype.MediaType, len(formats))
	for i, f := range formats {
		available[i] = contenttype.NewMediaType(f.mediaType + "; charset=utf-8; header=present")
	}
	best, _, err := contenttype.GetAcceptableMediaTypeFromHeader(header, available)
	if err != nil {
		return Format{}, false
	}
	for _, f := range formats {
		if f.mediaType == best.MIME() {
			return f, true
		}
	}
	return Format{}, false
}

// mediaTypes lists the media types of all formats.
func mediaTypes() string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.mediaType
	}
	return strings.Join(names, ", ")
}

func writeJSON(w http.ResponseWriter, p page) { httpapi.Respond(w, http.StatusOK, p) }

// writeNDJSON writes one sample on each line.
func writeNDJSON(w http.ResponseWriter, p page) {
	header(w, ndjsonType)
	encoder := json.NewEncoder(w)
	for _, s := range p.Samples {
		if encoder.Encode(s) != nil {
			return // the caller is gone
		}
	}
}

// writeCSV writes the format of RFC 4180, with a header line.
func writeCSV(w http.ResponseWriter, p page) {
	header(w, csvType+"; charset=utf-8; header=present")
	lines := csv.NewWriter(w)
	lines.UseCRLF = true
	_ = lines.Write([]string{"timestamp", "at", "job_progress", "time_progress", "error", "replicas", "parallelism", "lateness"}) // lines.Error would return an error
	for _, s := range p.Samples {
		_ = lines.Write([]string{
			strconv.FormatInt(s.Timestamp, 10), s.At.Format(csvTime),
			sample.FormatNumber(s.Job), sample.FormatNumber(s.Time), sample.FormatNumber(s.Error), strconv.FormatInt(s.Replicas, 10),
			strconv.FormatInt(s.Asked, 10), sample.FormatNumber(s.Lateness),
		})
	}
	lines.Flush() // the caller may be gone
}

func header(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
}

package functions

import (
	"net/http"
	"sync"

	"kubejobs/functions/samples"
	"kubejobs/functions/stream"
	"kubejobs/shared/platform/httpapi"
)

// streams holds the options of the streams and the function that ends them.
type streams struct {
	options stream.Options
	end     func()
}

func newStreams(o stream.Options) streams {
	ending := make(chan struct{})
	o.Ending = ending
	return streams{o, sync.OnceFunc(func() { close(ending) })}
}

// EndStreams ends every stream, which would otherwise delay the end of the server.
func (s *Set) EndStreams() { s.streams.end() }

// addSamples adds the functions that read a job's samples: as pages or as a stream.
func (s *Set) addSamples(mux *http.ServeMux) {
	for path, handler := range map[string]http.Handler{
		"samples":        samples.New(s.service, s.log),
		"samples.ndjson": samples.NewAs(samples.NDJSON, s.service, s.log),
		"samples.csv":    samples.NewAs(samples.CSV, s.service, s.log),
		"events":         stream.New(s.service, s.streams.options, s.log),
	} {
		mux.Handle("/monitoring/{id}/"+path, httpapi.Methods{http.MethodGet: handler})
	}
}

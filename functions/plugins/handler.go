// Package plugins serves POST /plugins, which always refuses.
package plugins

import (
	"net/http"

	"kubejobs/shared/platform/httpapi"
)

// New returns the handler. The Asperathos Monitor installs any package that a
// request names; kubejobs installs none.
func New() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		httpapi.Refuse(w, http.StatusBadRequest, "plugins are built in; installing one over HTTP is not supported")
	})
}

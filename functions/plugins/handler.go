// Package plugins answers POST /plugins: no.
package plugins

import (
	"net/http"

	"kubejobs/shared/platform/httpapi"
)

// New is the handler. The Asperathos Monitor installs whatever package a
// request names; nothing is installed from a request here.
func New() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		httpapi.Refuse(w, http.StatusBadRequest, "plugins are built in; none is installed from a request")
	})
}

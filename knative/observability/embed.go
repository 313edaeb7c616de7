// Package observability answers how the function set is watched: dashboards for
// Grafana, rules and a scrape configuration for Prometheus, as they lie beside
// this file, and the metrics that they are about.
package observability

import "embed"

// Files are the dashboards, the rules and the scrape configuration.
//
//go:embed grafana/*.json prometheus/*.yaml
var Files embed.FS

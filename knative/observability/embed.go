// Package observability embeds the dashboards for Grafana and the rules and the
// scrape configuration for Prometheus, and lists the metrics that they use.
package observability

import "embed"

// Files are the dashboards, the rules and the scrape configuration.
//
//go:embed grafana/*.json prometheus/*.yaml
var Files embed.FS

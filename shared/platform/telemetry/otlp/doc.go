// Package otlp sends spans and metrics to an OpenTelemetry collector: OTLP over HTTP, as
// binary protobuf. The standard variables OTEL_EXPORTER_OTLP_* configure it.
//
// OpenTelemetry's own exporters, also those over HTTP, link gRPC and protobuf's
// reflection, which would be a tenth of the program. The tests decode what this package
// sends with OpenTelemetry's types.
package otlp

package start

import (
	"strings"
	"unicode"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/job"
)

// influxPort is the default port of InfluxDB.
const influxPort = 8086

// maxName bounds the name of a database, which InfluxDB uses as the name of a
// folder.
const maxName = 255

// database reads the InfluxDB for the job's samples; nil if there is none.
// database_data describes it, and is read only if the detailed report or the
// visualizer is enabled. Credentials in it are ignored, so that none is stored; it may
// name a Secret that holds them.
func (r *reader) database() *job.Database {
	detailed, visualizer := r.flag("enable_detailed_report"), r.flag("enable_visualizer")
	source := r.text("datasource_type")
	data := r.sub("database_data")
	if !detailed && !visualizer {
		return nil
	}
	if source != "" && !strings.EqualFold(source, "influxdb") {
		r.wrong("datasource_type", `"influxdb" if enable_detailed_report or enable_visualizer is true`)
		return nil
	}
	if len(data.object) == 0 {
		return nil
	}
	d := &job.Database{
		Host: data.required("url").url("url"),
		Port: int(data.whole("port", 1, 65535)),
		Name: data.required("name").databaseName("name"), Secret: data.secret("secret"),
	}
	if d.Port == 0 {
		d.Port = influxPort
	}
	r.problems = append(r.problems, data.problems...)
	return d
}

// url reads a host name or an IP address, with or without "http://" before it, in
// its canonical spelling. The error does not show the value, as a URL may hold a
// password.
func (r *reader) url(field string) string {
	const scheme = "http://"
	text := r.text(field)
	if len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
		text = strings.TrimSuffix(text[len(scheme):], "/")
	}
	host, ok := egress.CanonicalHost(text)
	if _, given := r.object[field].(string); given && !ok {
		r.bad(field, "want a host name or an IP address, with or without http:// before it, and the port in port")
	}
	return host
}

// databaseName reads a name that InfluxDB allows.
func (r *reader) databaseName(field string) string {
	name := r.text(field)
	strange := strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) || c == '/' || c == '\\' })
	if _, given := r.object[field].(string); given &&
		(name == "" || name == "." || name == ".." || len(name) > maxName || strange) {
		r.wrong(field, "a database's name, at most 255 printable characters without slashes")
		return ""
	}
	return name
}

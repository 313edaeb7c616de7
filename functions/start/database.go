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
// visualizer is enabled. Credentials in it are ignored, so that none is stored.
func (r *reader) database() *job.Database {
	detailed, visualizer := r.flag("enable_detailed_report"), r.flag("enable_visualizer")
	source := r.text("datasource_type")
	data := r.sub("database_data")
	if !detailed && !visualizer || source != "" && source != "influxdb" || len(data.object) == 0 {
		return nil
	}
	d := &job.Database{
		Host: data.required("url").url("url"),
		Port: int(data.whole("port", 1, 65535)),
		Name: data.required("name").databaseName("name"),
	}
	if d.Port == 0 {
		d.Port = influxPort
	}
	r.wrong = append(r.wrong, data.wrong...)
	return d
}

// url reads a host name or an IP address, with or without "http://" before it. The
// error does not show the value, as a URL may hold a password.
func (r *reader) url(field string) string {
	host, schemed := strings.CutPrefix(r.text(field), "http://")
	if schemed {
		host = strings.TrimSuffix(host, "/")
		if inner, ok := strings.CutPrefix(host, "["); ok {
			host = strings.TrimSuffix(inner, "]")
		}
	}
	if _, given := r.object[field].(string); given && !egress.Host(host) {
		r.refuse(field, "want a host name or an IP address, with or without http:// before it, and the port in port")
		return ""
	}
	return host
}

// databaseName reads a name that InfluxDB allows.
func (r *reader) databaseName(field string) string {
	name := r.text(field)
	strange := strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) || c == '/' || c == '\\' })
	if _, given := r.object[field].(string); given &&
		(name == "" || name == "." || name == ".." || len(name) > maxName || strange) {
		r.want(field, "a database's name, at most 255 printable characters without slashes")
		return ""
	}
	return name
}

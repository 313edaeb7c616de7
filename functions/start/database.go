package start

import (
	"strings"
	"unicode"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/job"
)

// influxPort is InfluxDB's where the request says no other.
const influxPort = 8086

// maxName is how long a database's name may be: it is a folder's name there.
const maxName = 255

// database is the InfluxDB that the job's samples are to be stored in too, nil
// if none: the detailed report or the visualizer asks for one, which
// database_data describes. It is read only where it is asked for. Credentials
// in it are passed over, so that none is stored.
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
	r.problems = append(r.problems, data.problems...)
	return d
}

// url is the name or the address of a machine, with or without "http://" before
// it. What was given is not shown: a URL may hold a password.
func (r *reader) url(field string) string {
	host, schemed := strings.CutPrefix(r.text(field), "http://")
	if schemed {
		host = strings.TrimSuffix(host, "/")
		if inner, ok := strings.CutPrefix(host, "["); ok {
			host = strings.TrimSuffix(inner, "]")
		}
	}
	if _, given := r.object[field].(string); given && !egress.Host(host) {
		r.bad(field, "want a host name or an IP address, with or without http:// before it, and the port in port")
		return ""
	}
	return host
}

// databaseName is a name that InfluxDB allows.
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

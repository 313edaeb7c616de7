package start

import "kubejobs/shared/core/credential"

// secret reads the name of a Secret. The error does not show the value: it may be the
// password itself.
func (r *reader) secret(field string) string {
	if r.object[field] == nil {
		return ""
	}
	name, _ := r.object[field].(string)
	if !credential.ValidName(name) {
		r.bad(field, "want the name of a Secret, at most 253 of a-z, 0-9, - and ., not what it holds")
		return ""
	}
	return name
}

// Package auth finds out who calls: by API tokens of a file, by OpenID Connect, and by the
// identity that Knative gives its sources. Everything that it learnt is in force for at most
// a minute.
package auth

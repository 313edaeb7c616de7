package redispool

import "strings"

// replies are Redis' error codes, the first words of its error replies. What is not
// here is a refusal too.
var replies = map[string]verdict{
	"WRONGTYPE":   refused("wrong type of key"),
	"NOPERM":      refused("no permission"),
	"NOAUTH":      refused("a password is required"),
	"WRONGPASS":   refused("wrong password"),
	"READONLY":    refused("read-only replica"),
	"OOM":         refused("out of memory"),
	"MISCONF":     refused("writes are disabled because it cannot save to disk"),
	"DENIED":      refused("protected mode: only local clients are allowed"),
	"MOVED":       refused("another node of the Redis Cluster holds the key"),
	"CROSSSLOT":   refused("the keys are in several slots of a Redis Cluster"),
	"ASK":         unavailable("the key is moving to another node of the Redis Cluster"),
	"LOADING":     unavailable("loading its data"),
	"BUSY":        unavailable("busy with a script"),
	"TRYAGAIN":    unavailable("the keys are moving to another node of the Redis Cluster"),
	"CLUSTERDOWN": unavailable("the Redis Cluster is down"),
	"MASTERDOWN":  unavailable("its master is unreachable"),
	"NOREPLICAS":  unavailable("not enough replicas"),
	"NOSCRIPT":    unavailable("the script is not loaded"),
	"UNBLOCKED":   unavailable("it became a replica"),
}

// phrases are parts of error replies whose code is ERR, or that hold the text of
// another reply: the error of a script's command, and what aborted a transaction.
var phrases = []struct {
	part string
	verdict
}{
	{"max number of clients", unavailable("too many clients")},
	{"invalid password", refused("wrong password")},
	{"without any password configured", refused("it has no password, but the Secret has one")},
	{"but no password is set", refused("it has no password, but the Secret has one")}, // before Redis 6
	{"unauthenticated", refused("a password is required")},                            // a command of many arguments
	{"operation not permitted", refused("a password is required")},                    // before Redis 2.8
	{"The user executing the script", refused("no permission")},
	{"against a read only replica", replies["READONLY"]},
	{"against a read only slave", replies["READONLY"]}, // before Redis 5
	{"DB index", refused("it has no such database")},
	{"SELECT is not allowed in cluster mode", refused("a Redis Cluster has only database 0")},
	{"unknown command", refused("unknown command")},
	{"unknown redis command", refused("unknown command")}, // in a script
}

// judgeReply judges an error reply. It knows what every version of Redis writes; the
// text is part of Redis' protocol.
func judgeReply(text string) verdict {
	code, _, _ := strings.Cut(text, " ")
	if v, ok := replies[code]; ok {
		return v
	}
	for _, p := range phrases {
		if strings.Contains(strings.ToLower(text), strings.ToLower(p.part)) {
			return p.verdict
		}
	}
	for word := range strings.FieldsSeq(text) {
		if v, ok := replies[strings.Trim(word, "-:")]; ok {
			return v
		}
	}
	if code == "EXECABORT" {
		return refused("the transaction is refused")
	}
	return refused("the command is refused")
}

package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"sync"
	"time"

	"sigs.k8s.io/yaml"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/failure"
)

const (
	// rereadAfter is how often the file of the tokens is read again.
	rereadAfter = 10 * time.Second
	// minToken is the least length of a token, so that nobody finds one by trying.
	minToken = 32
	// maxTokens bounds the tokens of a file, as each is compared with each request's.
	maxTokens = 200
	// maxTokenFile bounds the file, in bytes.
	maxTokenFile = 1 << 20
)

// TokenFile holds the API tokens of a file, which is read again while it is used:
//
//   - name: grafana          # shown in logs
//     role: read             # or write
//     sha256: 9f86d081…      # of the token, in hexadecimal digits; or
//     token: …               # the token itself, at least 32 characters
//     prefixes: [team-a-]    # of the ids that it may see; none: all
type TokenFile struct {
	path string
	log  *slog.Logger
	now  func() time.Time

	mu     sync.Mutex
	tokens []token
	read   time.Time
	failed bool // the last attempt to read the file
}

type token struct {
	digest [sha256.Size]byte
	caller caller.Caller
}

// OpenTokens reads a file of tokens. The error names every wrong entry by its number and
// shows no token.
func OpenTokens(path string, log *slog.Logger, now func() time.Time) (*TokenFile, error) {
	f := &TokenFile{path: path, log: log, now: now, read: now()}
	var err error
	f.tokens, err = readTokens(path)
	return f, err
}

// Find returns the caller with a token. It compares all tokens in constant time.
func (f *TokenFile) Find(text string) (caller.Caller, bool) {
	digest := sha256.Sum256([]byte(text))
	var found caller.Caller
	ok := false
	for _, t := range f.current() {
		if subtle.ConstantTimeCompare(t.digest[:], digest[:]) == 1 {
			found, ok = t.caller, true
		}
	}
	return found, ok
}

// current returns the tokens, which it reads again after rereadAfter. A file that cannot be
// read leaves those that were read before in force.
func (f *TokenFile) current() []token {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now().Sub(f.read) < rereadAfter {
		return f.tokens
	}
	f.read = f.now()
	tokens, err := readTokens(f.path)
	if err != nil {
		if !f.failed {
			f.log.Error("the API tokens cannot be read again: those before stay in force", "error", err)
		}
		f.failed = true
		return f.tokens
	}
	f.tokens, f.failed = tokens, false
	return tokens
}

// entry is one token of a file.
type entry struct {
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Token    string   `json:"token"`
	SHA256   string   `json:"sha256"`
	Prefixes []string `json:"prefixes"`
}

func readTokens(path string) ([]token, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, hidePath(err)
	}
	if info.Size() > maxTokenFile {
		return nil, fmt.Errorf("want at most %d bytes", maxTokenFile)
	}
	text, err := os.ReadFile(path) //nolint:gosec // a setting names it
	if err != nil {
		return nil, hidePath(err)
	}
	var entries []entry
	if yaml.UnmarshalStrict(text, &entries) != nil { // its error may show a token
		return nil, errors.New("want a YAML list of name, role, token or sha256, and prefixes")
	}
	if len(entries) == 0 || len(entries) > maxTokens {
		return nil, fmt.Errorf("want 1 to %d tokens, got %d", maxTokens, len(entries))
	}
	tokens := make([]token, len(entries))
	var wrong failure.Fields
	names := map[string]bool{}
	for i, e := range entries {
		tokens[i] = e.parse(fmt.Sprintf("[%d].", i), &wrong)
		if names[e.Name] {
			wrong.Add(fmt.Sprintf("[%d].name", i), "there are two of this name")
		}
		names[e.Name] = true
	}
	return tokens, wrong.Err()
}

// What names, prefixes and tokens consist of. They are compiled when a file is read, not
// when the program starts.
var (
	validName   = lazily(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$`)
	validPrefix = lazily(`^[a-z0-9][a-z0-9-]{0,62}$`)
	// validToken is what a header and a cookie can hold: b64token of RFC 6750, section 2.1.
	validToken = lazily(`^[A-Za-z0-9._~+/-]+=*$`)
)

func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func (e entry) parse(at string, wrong *failure.Fields) token {
	t := token{caller: caller.Caller{Name: e.Name, Prefixes: e.Prefixes}}
	if !validName().MatchString(e.Name) {
		wrong.Add(at+"name", "want 1 to 63 letters, digits, '.', '_', '@' and '-'")
	}
	var ok bool
	if t.caller.Role, ok = caller.ParseRole(e.Role); !ok {
		wrong.Add(at+"role", "want read or write")
	}
	for _, prefix := range e.Prefixes {
		if !validPrefix().MatchString(prefix) {
			wrong.Add(at+"prefixes", "want the beginnings of ids: a-z, 0-9 and '-'")
			break
		}
	}
	digest, err := hex.DecodeString(e.SHA256)
	switch {
	case (e.Token == "") == (e.SHA256 == ""):
		wrong.Add(at+"token", "want either token or sha256")
	case e.SHA256 != "" && (err != nil || len(digest) != sha256.Size):
		wrong.Add(at+"sha256", "want 64 hexadecimal digits")
	case e.SHA256 != "":
		copy(t.digest[:], digest)
	case len(e.Token) < minToken || !validToken().MatchString(e.Token):
		wrong.Add(at+"token", "want at least %d letters, digits and characters of -._~+/, and = at the end", minToken)
	default:
		t.digest = sha256.Sum256([]byte(e.Token))
	}
	return t
}

// hidePath returns the cause of an error of a file: its path is in the setting.
func hidePath(err error) error {
	var cause *os.PathError
	if errors.As(err, &cause) {
		return cause.Err
	}
	return err
}
